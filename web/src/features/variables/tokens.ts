import type { Selector } from "@/features/workflow/graph/types";

/** References in texts, and the blocks that only prompts know (`{{#context#}}`). */
export const REFERENCE = /\{\{#(\$?[a-zA-Z0-9_-]{1,50}(?:\.[a-zA-Z_][a-zA-Z0-9_]{0,29}){1,10})#\}\}|\{\{#(context|histories|query)#\}\}/g;

/** `{{name}}` of basic apps. */
export const PLACEHOLDER = /\{\{([a-zA-Z_][a-zA-Z0-9_]{0,29})\}\}/g;

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,29}$/;

/** Whether a selector can be written into a text; others can only be chosen in a field of their own. */
export function canBeWritten(selector: Selector): boolean {
  const [root, ...path] = selector;
  return root !== undefined && /^[a-zA-Z0-9_-]{1,50}$/.test(root) && path.length > 0 && path.every((part) => NAME.test(part));
}

export function referenceTo(selector: Selector): string {
  return `{{#${selector.join(".")}#}}`;
}

/** A piece of a text: plain, a reference, or a block. */
export type Piece = { text: string } | { selector: Selector } | { block: string };

export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(REFERENCE)) {
    if (match.index > at) pieces.push({ text: text.slice(at, match.index) });
    if (match[1] !== undefined) pieces.push({ selector: match[1].split(".") });
    else if (match[2] !== undefined) pieces.push({ block: match[2] });
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return pieces;
}

/** Why a name of a variable cannot be used; null for one that can (spec console §6.3). */
export type NameProblem = "empty" | "tooLong" | "startsWithDigit" | "badCharacter" | "duplicate";

export function nameProblem(name: string, others: readonly string[] = [], limit = 30): NameProblem | null {
  if (name === "") return "empty";
  if (/^\d/.test(name)) return "startsWithDigit";
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return "badCharacter";
  if (name.length > limit) return "tooLong";
  return others.includes(name) ? "duplicate" : null;
}
