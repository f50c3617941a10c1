import { useTranslation } from "react-i18next";
import type en from "./en";

type KnownCode = keyof typeof en.errors.codes;

/** The readable text of an error: our words for a known code, else the server's message, never nothing. */
export function useErrorText(): (error: unknown) => string {
  const { t, i18n } = useTranslation();
  return (error) => {
    const { code, message } = codeAndMessage(error);
    const detail = message.replace(/^Run failed:\s*/, "");
    if (code !== "" && i18n.exists(`errors.codes.${code}`)) return t(`errors.codes.${code as KnownCode}`, { detail });
    return detail === "" ? t("errors.unknown") : detail;
  };
}

function codeAndMessage(error: unknown): { code: string; message: string } {
  if (typeof error !== "object" || error === null) return { code: "", message: "" };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const message = "message" in error && typeof error.message === "string" ? error.message : "";
  return { code, message };
}
