/** The text of a map of languages for the language of the interface; English, or any, when there is none. */
export function i18nText(texts: object | string | null | undefined, language: string): string {
  if (typeof texts === "string") return texts;
  if (texts === null || texts === undefined) return "";
  const by = texts as Record<string, unknown>;
  const wanted = { "zh-Hans": "zh_Hans", ja: "ja_JP" }[language] ?? "en_US";
  const found = by[wanted] ?? by["en_US"] ?? Object.values(by)[0];
  return typeof found === "string" ? found : "";
}
