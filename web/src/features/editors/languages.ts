import { javascript } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { HighlightStyle, StreamLanguage, syntaxHighlighting, type StringStream } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { tags } from "@lezer/highlight";

export type CodeLanguage = "python3" | "javascript" | "json" | "jinja" | "text";

const KEYWORDS = new Set(
  "if elif else endif for in endfor recursive set endset macro endmacro call endcall filter endfilter raw endraw with endwith block endblock not and or is true false none True False None".split(" "),
);

interface JinjaState {
  inside: "" | "%" | "{" | "#";
}

function matched(stream: StringStream, pattern: RegExp): RegExpMatchArray | null {
  const found = stream.match(pattern);
  return typeof found === "object" ? found : null;
}

/** Jinja in a text: what is between `{{ }}`, `{% %}` and `{# #}`; all else is plain. */
const jinja = StreamLanguage.define<JinjaState>({
  name: "jinja",
  startState: () => ({ inside: "" }),
  copyState: (state) => ({ ...state }),
  token: (stream, state) => {
    if (state.inside === "") {
      const opening = matched(stream, /^\{([%{#])[-+]?/);
      if (opening !== null) {
        state.inside = opening[1] as JinjaState["inside"];
        return state.inside === "#" ? "comment" : "bracket";
      }
      stream.next();
      stream.eatWhile(/[^{]/);
      return null;
    }
    if (state.inside === "#") {
      if (matched(stream, /^[-+]?#\}/) !== null) state.inside = "";
      else stream.next();
      return "comment";
    }
    if (matched(stream, state.inside === "%" ? /^[-+]?%\}/ : /^[-+]?\}\}/) !== null) {
      state.inside = "";
      return "bracket";
    }
    if (stream.eatSpace()) return null;
    if (matched(stream, /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/) !== null) return "string";
    if (matched(stream, /^\d+(?:\.\d+)?/) !== null) return "number";
    const word = matched(stream, /^[A-Za-z_]\w*/);
    if (word !== null) return KEYWORDS.has(word[0]) ? "keyword" : "variableName";
    stream.next();
    return "operator";
  },
});

/** The colours of code, from the palette. */
const style = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.moduleKeyword, tags.definitionKeyword], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName))], color: "var(--node-tools)" },
  { tag: [tags.propertyName], color: "var(--accent)" },
  { tag: [tags.bracket, tags.brace, tags.processingInstruction], color: "var(--node-tools)" },
  { tag: tags.invalid, color: "var(--danger)" },
]);

export function languageOf(language: CodeLanguage): Extension {
  const highlighting = syntaxHighlighting(style);
  switch (language) {
    case "python3":
      return [python(), highlighting];
    case "javascript":
      return [javascript(), highlighting];
    case "json":
      return [json(), highlighting];
    case "jinja":
      return [jinja, highlighting];
    case "text":
      return [];
  }
}
