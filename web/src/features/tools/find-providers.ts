import type { ToolProvider } from "./tools-query";

/**
 * The providers that have one of `labels` (any, without labels) and every word of `query` in a name or a description, of
 * theirs or of a tool. `text` gives the text of a map of languages.
 */
export function findProviders(
  providers: readonly ToolProvider[],
  query: string,
  labels: readonly string[],
  text: (texts: object) => string,
): ToolProvider[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return providers.filter((provider) => {
    if (labels.length > 0 && !provider.labels.some((label) => labels.includes(label))) return false;
    const said = [provider.name, text(provider.label), text(provider.description), ...provider.tools.flatMap((tool) => [tool.name, text(tool.label)])];
    const all = said.join("\n").toLowerCase();
    return words.every((word) => all.includes(word));
  });
}
