/** A stretch of a model's text: what it says, what it thought on the way, or what it folds away under a label. */
export interface Stretch {
  kind: "text" | "thinking" | "folded";
  text: string;
  /** Of a folded stretch. */
  label?: string;
  /** False while the closing tag has not arrived. */
  closed: boolean;
}

const OPEN = /<think>|<details\b[^>]*>\s*(?:<summary>([^<]*)<\/summary>)?/gi;
const THINKING = /^\s*think/i;

/** Separates `<think>` and `<details>` from the answer. Tags inside code are left alone. */
export function splitThinking(text: string): Stretch[] {
  const stretches: Stretch[] = [];
  let at = 0;
  OPEN.lastIndex = 0;
  for (let match = OPEN.exec(text); match !== null; match = OPEN.exec(text)) {
    if (insideCode(text.slice(at, match.index))) continue;
    push(stretches, text.slice(at, match.index));
    const thinks = match[0].startsWith("<think") || THINKING.test(match[1] ?? "");
    const closing = match[0].startsWith("<think") ? "</think>" : "</details>";
    const start = match.index + match[0].length;
    const end = text.toLowerCase().indexOf(closing, start);
    stretches.push({
      ...(thinks ? { kind: "thinking" } : { kind: "folded", label: match[1]?.trim() ?? "" }),
      text: (end < 0 ? text.slice(start) : text.slice(start, end)).trim(),
      closed: end >= 0,
    });
    at = end < 0 ? text.length : end + closing.length;
    OPEN.lastIndex = at;
  }
  push(stretches, text.slice(at));
  return stretches;
}

function push(stretches: Stretch[], text: string): void {
  if (text.trim() !== "") stretches.push({ kind: "text", text, closed: true });
}

function insideCode(before: string): boolean {
  const fences = before.match(/^ {0,3}(?:```|~~~)/gm)?.length ?? 0;
  if (fences % 2 === 1) return true;
  const line = before.slice(before.lastIndexOf("\n") + 1);
  return (line.match(/`/g)?.length ?? 0) % 2 === 1;
}
