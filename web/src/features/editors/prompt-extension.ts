import { autocompletion, closeBrackets, completionKeymap, startCompletion, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { EditorState, Facet, type Extension, type Range } from "@codemirror/state";
import { Decoration, EditorView, keymap, ViewPlugin, WidgetType, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import { choicesOf, type VariableScope } from "@/features/variables/scope";
import { canBeWritten, REFERENCE, referenceTo } from "@/features/variables/tokens";
import type { ValueType } from "@/features/variables/types";
import { languageOf } from "./languages";

/** How a token reads, and what is offered for it. */
export interface PromptWords {
  groupTitle: (group: { id: string; title: string | null }) => string;
  problem: (state: "missing" | "outside", path: string) => string;
  blockTitle: (block: string) => string;
  blocksTitle: string;
}

export interface PromptOptions {
  scope: VariableScope;
  words: PromptWords;
  accepted?: readonly ValueType[] | undefined;
  /** `context`, `histories`, `query`: what a prompt may hold besides variables. */
  blocks?: readonly string[];
  singleLine?: boolean;
  jinja?: boolean;
  /** Names that a Jinja text knows. */
  names?: readonly string[];
  lineNumbers?: boolean;
}

class Token extends WidgetType {
  constructor(
    readonly origin: string,
    readonly path: string,
    readonly state: string,
    readonly title: string,
  ) {
    super();
  }

  override eq(other: Token): boolean {
    return other.origin === this.origin && other.path === this.path && other.state === this.state && other.title === this.title;
  }

  override toDOM(): HTMLElement {
    const token = document.createElement("span");
    token.className = "cm-token";
    token.dataset.state = this.state;
    token.title = this.title;
    for (const [name, text] of [
      ["origin", this.origin],
      ["path", this.path],
    ] as const) {
      if (text === "") continue;
      const part = document.createElement("span");
      part.className = `cm-token-${name}`;
      part.textContent = text;
      token.append(part);
    }
    return token;
  }

  override ignoreEvent(): boolean {
    return false;
  }
}

const settings = Facet.define<PromptOptions, PromptOptions | null>({ combine: (given) => given[0] ?? null });

function tokens(view: EditorView): DecorationSet {
  const options = view.state.facet(settings);
  if (options === null) return Decoration.none;
  const ranges: Range<Decoration>[] = [];
  for (const { from, to } of view.visibleRanges) {
    for (const match of view.state.doc.sliceString(from, to).matchAll(REFERENCE)) {
      const start = from + match.index;
      const widget = match[1] === undefined ? blockToken(match[2] ?? "", options) : tokenOf(match[1], options);
      ranges.push(Decoration.replace({ widget }).range(start, start + match[0].length));
    }
  }
  return Decoration.set(ranges);
}

function blockToken(block: string, { words }: PromptOptions): Token {
  return new Token(words.blockTitle(block), "", "block", words.blockTitle(block));
}

function tokenOf(path: string, { scope, words }: PromptOptions): Token {
  const selector = path.split(".");
  const found = scope.resolve(selector);
  const origin = words.groupTitle({ id: selector[0] ?? "", title: found.nodeType === null ? null : found.title });
  return new Token(origin, found.path, found.state, found.state === "ok" ? `${path} · ${found.type}` : words.problem(found.state, path));
}

const plugin = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = tokens(view);
    }

    update(update: ViewUpdate): void {
      const moved = update.startState.facet(settings) !== update.state.facet(settings);
      if (update.docChanged || update.viewportChanged || moved) this.decorations = tokens(update.view);
    }
  },
  {
    decorations: (value) => value.decorations,
    provide: (self) => EditorView.atomicRanges.of((view) => view.plugin(self)?.decorations ?? Decoration.none),
  },
);

/** What `/` at the beginning of a word, or `{`, offers. */
function offered(context: CompletionContext): CompletionResult | null {
  const options = context.state.facet(settings);
  if (options === null) return null;
  const typed = context.matchBefore(/(?:\{{1,2}|\/)[\w.\- ]*$/);
  if (typed === null) return context.explicit ? completions(options, context.pos, "") : null;
  const before = context.state.doc.sliceString(Math.max(0, typed.from - 1), typed.from);
  if (typed.text.startsWith("/") && /[\w:/.]/.test(before)) return null;
  return completions(options, typed.from, typed.text.replace(/^[{/]+/, ""));
}

function completions(options: PromptOptions, from: number, search: string): CompletionResult | null {
  const { scope, accepted, words, blocks = [] } = options;
  const found: Completion[] = blocks
    .filter((block) => words.blockTitle(block).toLowerCase().includes(search.toLowerCase()) || block.includes(search.toLowerCase()))
    .map((block) => ({ label: words.blockTitle(block), apply: `{{#${block}#}}`, section: { name: words.blocksTitle, rank: 0 } }));
  choicesOf(scope, accepted, search).forEach((group, rank) => {
    const section = { name: words.groupTitle(group), rank: rank + 1 };
    for (const { selector, variable, selectable } of group.choices) {
      if (!selectable || !canBeWritten(selector)) continue;
      found.push({ label: selector.slice(1).join("."), detail: variable.type, apply: referenceTo(selector), section });
    }
  });
  // Sections keep their order, and the search is ours: it knows origins too.
  return found.length === 0 ? null : { from, options: found, filter: false };
}

/** Names of a Jinja text, once `{{` or `{%` is open. */
function jinjaNames(context: CompletionContext): CompletionResult | null {
  const options = context.state.facet(settings);
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  if (options?.names === undefined || !/\{[{%][^}]*$/.test(before)) return null;
  const word = context.matchBefore(/\w*$/);
  return { from: word?.from ?? context.pos, options: options.names.map((label) => ({ label, type: "variable" })), validFor: /^\w*$/ };
}

const oneLine = EditorState.transactionFilter.of((transaction) => {
  if (!transaction.docChanged || transaction.newDoc.lines === 1) return transaction;
  const text = transaction.newDoc.toString().replace(/\s*\r?\n\s*/g, " ");
  return { changes: { from: 0, to: transaction.startState.doc.length, insert: text }, selection: { anchor: Math.min(transaction.newSelection.main.head, text.length) } };
});

const TEXT_FACE = EditorView.theme({ ".cm-scroller": { fontFamily: "var(--font-sans)", fontSize: "13px", lineHeight: "20px" } });

/** A text with variables as tokens, which the arrows pass and Backspace removes as one letter. */
export function promptExtension(options: PromptOptions): Extension {
  const jinja = options.jinja === true;
  return [
    settings.of(options),
    TEXT_FACE,
    history(),
    jinja ? [languageOf("jinja"), closeBrackets()] : plugin,
    options.singleLine === true ? oneLine : EditorView.lineWrapping,
    autocompletion({ override: [jinja ? jinjaNames : offered], icons: false, closeOnBlur: true, maxRenderedOptions: 300, interactionDelay: 0 }),
    keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
  ];
}

/** Puts `text` where the caret is. */
export function insertInto(view: EditorView, text: string): void {
  view.dispatch(view.state.replaceSelection(text));
  view.focus();
}

/** Opens the menu of variables at the caret. */
export function openMenu(view: EditorView): void {
  view.focus();
  startCompletion(view);
}
