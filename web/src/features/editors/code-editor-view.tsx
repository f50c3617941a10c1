import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionContext } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { jsonParseLinter } from "@codemirror/lang-json";
import { linter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { useMemo } from "react";
import CodeMirror from "./code-mirror";
import { languageOf, type CodeLanguage } from "./languages";

export interface CodeEditorViewProps {
  value: string;
  onChange: (value: string) => void;
  language: CodeLanguage;
  label: string;
  id?: string | undefined;
  /** Offered while typing: the names of inputs. */
  names?: readonly string[] | undefined;
  readOnly?: boolean | undefined;
  invalid?: boolean | undefined;
  placeholder?: string | undefined;
  onBlur?: (() => void) | undefined;
  className?: string;
}

export default function CodeEditorView({ language, names, ...rest }: CodeEditorViewProps) {
  const known = names?.join("\n") ?? "";
  const extensions = useMemo(() => codeExtension(language, known === "" ? [] : known.split("\n")), [language, known]);
  return <CodeMirror {...rest} extensions={extensions} />;
}

function codeExtension(language: CodeLanguage, names: readonly string[]): Extension {
  const options = names.map((label) => ({ label, type: "variable", boost: 10 }));
  const source = (context: CompletionContext) => {
    const word = context.matchBefore(/\w+$/);
    if (word === null && !context.explicit) return null;
    return { from: word?.from ?? context.pos, options, validFor: /^\w*$/ };
  };
  return [
    lineNumbers(),
    history(),
    indentOnInput(),
    indentUnit.of(language === "python3" ? "    " : "  "),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    autocompletion({ icons: false }),
    EditorState.languageData.of(() => (options.length > 0 ? [{ autocomplete: source }] : [])),
    languageOf(language),
    language === "json" ? linter(emptyIsFine) : [],
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...searchKeymap, ...lintKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
    EditorView.theme({ ".cm-scroller": { fontFamily: "var(--font-mono)", fontSize: "12px", lineHeight: "18px" } }),
  ];
}

const lintJson = jsonParseLinter();

function emptyIsFine(view: EditorView) {
  return view.state.doc.toString().trim() === "" ? [] : lintJson(view);
}
