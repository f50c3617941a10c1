import { Marked, type MarkedToken, type TokenizerExtension, type Tokens } from "marked";

/** A formula: TeX between `$$` or the brackets `\( \)` and `\[ \]` that many models write. */
export interface MathToken {
  type: "math";
  raw: string;
  source: string;
  display: boolean;
}

export type MarkdownToken = MarkedToken | MathToken;

/** A single dollar sign is money far more often than mathematics, so it opens no formula. */
const BLOCK_MATH = /^(?:\$\$[ \t]*\n([\s\S]+?)\n\$\$|\\\[([\s\S]+?)\\\])[ \t]*(?:\n|$)/;
const INLINE_MATH = /^(?:\$\$([^\n$]+?)\$\$|\\\(([\s\S]+?)\\\)|\\\[([\s\S]+?)\\\])/;

/** Where a formula may begin: a block one only at the start of a line, for the lexer cuts paragraphs there. */
const STARTS = { block: /(?<=\n)(?:\$\$[ \t]*\n|\\\[)/, inline: /\$\$|\\[([]/ };

function mathExtension(name: string, level: "block" | "inline", pattern: RegExp, display: boolean): TokenizerExtension {
  return {
    name,
    level,
    start: (source) => {
      const at = source.search(STARTS[level]);
      return at < 0 ? undefined : at;
    },
    tokenizer: (source): (MathToken & Tokens.Generic) | undefined => {
      const match = pattern.exec(source);
      if (match === null) return undefined;
      const tex = match[1] ?? match[2] ?? match[3] ?? "";
      return { type: "math", raw: match[0], source: tex.trim(), display };
    },
  };
}

const parser = new Marked({
  gfm: true,
  // In a chat a line end is meant.
  breaks: true,
  extensions: [
    mathExtension("blockMath", "block", BLOCK_MATH, true),
    mathExtension("inlineMath", "inline", INLINE_MATH, false),
  ],
});

export interface ParsedMarkdown {
  blocks: MarkdownToken[];
  /** Changes when link definitions appear: they change blocks whose own text stays the same. */
  definitions: number;
}

/**
 * Parses a text that grows. Text that is appended can change the last two blocks ("2" joins the list above once its dot
 * arrives) but none before them, so that only the end is parsed again; except when links are defined somewhere, for
 * definitions reach back. An unclosed fence is code to the end, so that a stream shows it as it comes.
 */
export class MarkdownParser {
  private settledText = "";
  private settled: MarkdownToken[] = [];

  parse(text: string): ParsedMarkdown {
    if (!text.startsWith(this.settledText)) this.settle("", []);
    const { tokens, definitions } = lex(text.slice(this.settledText.length));
    if (definitions > 0) {
      this.settle("", []);
      return { blocks: lex(text).tokens.filter(isBlock), definitions };
    }
    const blocks = [...this.settled, ...tokens.filter(isBlock)];
    const open = tokens.findLastIndex((token, at) => isBlock(token) && tokens.slice(at + 1).some(isBlock));
    const tail = rawLength(tokens.slice(Math.max(open, 0)));
    // The lexer normalises line ends and tabs: only when lengths agree is it known where the open blocks begin.
    const exact = rawLength(tokens) === text.length - this.settledText.length;
    if (open > 0 && exact) this.settle(text.slice(0, -tail), blocks.slice(0, -2));
    return { blocks, definitions };
  }

  private settle(text: string, blocks: MarkdownToken[]): void {
    this.settledText = text;
    this.settled = blocks;
  }
}

function lex(text: string): { tokens: MarkdownToken[]; definitions: number } {
  const list = parser.lexer(text);
  return { tokens: list as MarkdownToken[], definitions: Object.keys(list.links).length };
}

function rawLength(tokens: readonly MarkdownToken[]): number {
  return tokens.reduce((length, token) => length + token.raw.length, 0);
}

function isBlock(token: MarkdownToken): boolean {
  return token.type !== "space" && token.type !== "def";
}

/** The address of a link or picture from a model; null for schemes that could run code or read files. */
export function safeAddress(address: string): string | null {
  const text = decodeEntities(address).trim();
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text.replace(/[\p{Cc}\s]/gu, ""))?.[1]?.toLowerCase();
  return scheme === undefined || ["http", "https", "mailto", "tel"].includes(scheme) ? text : null;
}

const ENTITY = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});/gi;

/** Character references as characters. The parser of the browser knows them all; the document it makes is never shown. */
export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(ENTITY, (entity) => new DOMParser().parseFromString(entity, "text/html").body.textContent || entity);
}
