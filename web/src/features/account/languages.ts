import type { Schemas } from "@/api/client";
import type { Language } from "@/i18n/i18n";

type InterfaceLanguage = NonNullable<Schemas["ProfileChange"]["interface_language"]>;

const TAGS: Record<Language, InterfaceLanguage> = { en: "en-US", "zh-Hans": "zh-Hans", ja: "ja-JP" };

/** A language of the interface as accounts name it. */
export function accountTag(language: Language): InterfaceLanguage {
  return TAGS[language];
}
