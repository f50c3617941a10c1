import { useTranslation } from "react-i18next";

/** The text of a map of languages for the language of the interface; English, or any, when there is none. */
export function i18nText(texts: object | string | null | undefined, language: string): string {
  if (typeof texts === "string") return texts;
  if (texts === null || texts === undefined) return "";
  const by = texts as Record<string, unknown>;
  const wanted = { "zh-Hans": "zh_Hans", ja: "ja_JP" }[language] ?? "en_US";
  const found = by[wanted] ?? by.en_US ?? Object.values(by)[0];
  return typeof found === "string" ? found : "";
}

/** `i18nText` for the language that the page has. */
export function useText(): (texts: object | string | null | undefined) => string {
  const { i18n } = useTranslation();
  return (texts) => i18nText(texts, i18n.language);
}
