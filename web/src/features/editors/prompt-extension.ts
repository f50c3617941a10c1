import { autocompletion, closeBrackets, completionKeymap, startCompletion, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { EditorState, Facet, type Extension, type Range } from "@codemirror/state";
import { Decoration, EditorView, keymap, ViewPlugin, WidgetType, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import { languageOf } from "./languages";
import type { TokenLook, Vocabulary } from "./vocabulary";

export interface PromptOptions {
  vocabulary: Vocabulary;
  singleLine?: boolean;
  jinja?: boolean;
  /** Names that a Jinja text knows. */
  names?: readonly string[];
}

class Token extends WidgetType {
  constructor(readonly look: TokenLook) {
    super();
  }

  override eq({ look }: Token): boolean {
    return look.origin === this.look.origin && look.path === this.look.path && look.state === this.look.state && look.title === this.look.title;
  }

  override toDOM(): HTMLElement {
    const token = document.createElement("span");
    token.className = "cm-token";
    token.dataset.state = this.look.state;
    token.title = this.look.title;
    for (const [name, text] of [
      ["origin", this.look.origin],
      ["path", this.look.path],
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
  const vocabulary = view.state.facet(settings)?.vocabulary;
  if (vocabulary === undefined) return Decoration.none;
  const ranges: Range<Decoration>[] = [];
  for (const { from, to } of view.visibleRanges) {
    for (const match of view.state.doc.sliceString(from, to).matchAll(vocabulary.pattern)) {
      const start = from + match.index;
      ranges.push(Decoration.replace({ widget: new Token(vocabulary.look(match)) }).range(start, start + match[0].length));
    }
  }
  return Decoration.set(ranges);
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

function completions({ vocabulary }: PromptOptions, from: number, search: string): CompletionResult | null {
  const found = vocabulary.offers(search).map(({ label, detail, section, insert }): Completion => ({
    label,
    section,
    ...(detail === undefined ? {} : { detail }),
    apply: typeof insert === "string" ? insert : (view, _, start, end) => replace(view, start, end, insert()),
  }));
  // Sections keep their order, and the search is the vocabulary's: it knows origins too.
  return found.length === 0 ? null : { from, options: found, filter: false };
}

function replace(view: EditorView, from: number, to: number, insert: string): void {
  view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length }, userEvent: "input.complete" });
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
