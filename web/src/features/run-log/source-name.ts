import { useTranslation } from "react-i18next";
import type en from "@/i18n/en";

type Source = keyof typeof en.runs.sources;

/** Where a run was started from, in the viewer's language; an unknown source by its own name. */
export function useSourceName(): (source: string | null) => string {
  const { t, i18n } = useTranslation();
  return (source) => {
    if (source === null) return "–";
    return i18n.exists(`runs.sources.${source}`) ? t(`runs.sources.${source as Source}`) : source;
  };
}
