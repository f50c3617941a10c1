export interface Stretch {
  text: string;
  marked: boolean;
}

interface Span {
  from: number;
  to: number;
}

/** What opens a picture: another one each time. */
const SIGNED = /\?timestamp=[^\s)]+/;

/** `text` in stretches, of which those are marked that one of `parts` says. White space between words may differ. */
export function highlighted(text: string, parts: readonly string[]): Stretch[] {
  const spans = merged(parts.flatMap((part) => spanOf(text, part) ?? []));
  const stretches: Stretch[] = [];
  let at = 0;
  for (const { from, to } of spans) {
    stretches.push({ text: text.slice(at, from), marked: false }, { text: text.slice(from, to), marked: true });
    at = to;
  }
  stretches.push({ text: text.slice(at), marked: false });
  return stretches.filter((stretch) => stretch.text !== "");
}

function spanOf(text: string, part: string): Span | null {
  const words = part.trim().split(/\s+/).map((word) =>
    word
      .split(SIGNED)
      .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(String.raw`\?[^\s)]+`),
  );
  if (words[0] === "") return null;
  const found = new RegExp(words.join("\\s+"), "u").exec(text);
  return found === null ? null : { from: found.index, to: found.index + found[0].length };
}

/** In their order, those that touch as one. */
function merged(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of [...spans].sort((one, other) => one.from - other.from)) {
    const last = joined.at(-1);
    if (last !== undefined && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else joined.push({ ...span });
  }
  return joined;
}
