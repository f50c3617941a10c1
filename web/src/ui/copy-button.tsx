import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button";
import { showToast } from "./toast";

/** Copies a text and says so in place for two seconds. */
export function CopyButton({ text, label, className }: { text: string | (() => string); label?: string; className?: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = () => {
    copyText(typeof text === "function" ? text() : text).then(
      () => setCopied(true),
      () => showToast("danger", t("common.copyFailed")),
    );
  };

  return (
    <IconButton label={copied ? t("common.copied") : (label ?? t("common.copy"))} onClick={copy} {...(className ? { className } : {})}>
      {copied ? <Check size={16} strokeWidth={1.5} className="text-ok" /> : <Copy size={16} strokeWidth={1.5} />}
    </IconButton>
  );
}

/** navigator.clipboard exists on secure origins only; a console on plain HTTP in a local network has to copy as well. */
async function copyText(text: string): Promise<void> {
  if ("clipboard" in navigator) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way on an insecure origin
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("The browser refused to copy.");
}
