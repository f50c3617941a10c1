import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, placeholder as placeholderOf, tooltips } from "@codemirror/view";
import clsx from "clsx";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { STYLE_NONCE } from "@/ui/style-nonce";

interface CodeMirrorProps {
  value: string;
  onChange: (value: string) => void;
  /** What makes it the editor that it is; the same list as long as nothing changes. */
  extensions: Extension;
  label: string;
  id?: string | undefined;
  placeholder?: string | undefined;
  readOnly?: boolean | undefined;
  invalid?: boolean | undefined;
  onBlur?: (() => void) | undefined;
  onReady?: ((view: EditorView | null) => void) | undefined;
  className?: string | undefined;
}

const THEME = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "var(--text)", height: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { caretColor: "var(--text)", padding: "6px 0" },
  ".cm-line": { padding: "0 10px" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in oklch, var(--accent) 25%, transparent)",
  },
  ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--muted)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in oklch, var(--sunken) 60%, transparent)" },
  ".cm-placeholder": { color: "var(--muted)" },
  ".cm-matchingBracket": { backgroundColor: "var(--accent-soft)", color: "inherit", outline: "none" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    color: "var(--text)",
    border: "1px solid var(--line)",
    borderRadius: "10px",
    boxShadow: "var(--shadow)",
    overflow: "hidden",
    zIndex: "80",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-sans)", fontSize: "13px", maxHeight: "280px", padding: "4px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px", borderRadius: "6px", display: "flex", gap: "12px", alignItems: "center" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--sunken)", color: "var(--text)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > completion-section": {
    borderBottom: "none",
    color: "var(--muted)",
    fontSize: "12px",
    padding: "6px 8px 2px",
    opacity: "1",
  },
  ".cm-completionDetail": { marginLeft: "auto", fontStyle: "normal", color: "var(--muted)", fontSize: "12px" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--text)" },
  ".cm-token": {
    display: "inline-flex",
    alignItems: "center",
    gap: "4px",
    maxWidth: "100%",
    verticalAlign: "baseline",
    backgroundColor: "var(--accent-soft)",
    color: "var(--accent)",
    borderRadius: "4px",
    padding: "0 4px",
    fontSize: "12px",
    lineHeight: "18px",
    whiteSpace: "nowrap",
    cursor: "default",
  },
  ".cm-token[data-state='block']": { backgroundColor: "var(--ok-soft)", color: "var(--ok)" },
  ".cm-token[data-state='missing'], .cm-token[data-state='outside']": { backgroundColor: "var(--danger-soft)", color: "var(--danger)" },
  ".cm-token-origin:not(:last-child)": { opacity: "0.9" },
  ".cm-token-path": { fontFamily: "var(--font-mono)" },
});

/**
 * Text typed over a selection. Left to itself, Chromium keeps the colours of what was selected by an inline style, which the
 * page's content security policy forbids.
 */
const OVERTYPE = EditorView.domEventHandlers({
  beforeinput: (event, view) => {
    const { from, to, empty } = view.state.selection.main;
    const text = event.data;
    if (event.inputType !== "insertText" || text === null || empty || view.composing || view.state.readOnly) return false;
    event.preventDefault();
    const insert = () => view.state.update(view.state.replaceSelection(text), { userEvent: "input.type", scrollIntoView: true });
    const taken = view.state.facet(EditorView.inputHandler).some((handler) => handler(view, from, to, text, insert));
    if (!taken) view.dispatch(insert());
    return true;
  },
});

/** CodeMirror as a controlled field. */
export default function CodeMirror({ value, onChange, extensions, label, id, placeholder, readOnly = false, invalid = false, onBlur, onReady, className }: CodeMirrorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const [slots] = useState(() => ({ kind: new Compartment(), ways: new Compartment() }));
  const changed = useEffectEvent(onChange);
  const blurred = useEffectEvent(() => onBlur?.());
  const ready = useEffectEvent((made: EditorView | null) => onReady?.(made));
  const first = useEffectEvent((): EditorState =>
    EditorState.create({
      doc: value,
      extensions: [
        EditorView.cspNonce.of(STYLE_NONCE),
        THEME,
        OVERTYPE,
        tooltips({ position: "fixed", parent: document.body }),
        slots.kind.of(extensions),
        slots.ways.of(ways(label, id, placeholder, readOnly, invalid)),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed(update.state.doc.toString());
          if (update.focusChanged && !update.view.hasFocus) blurred();
        }),
      ],
    }),
  );

  useEffect(() => {
    if (host.current === null) return;
    const made = new EditorView({ state: first(), parent: host.current });
    view.current = made;
    ready(made);
    return () => {
      ready(null);
      view.current = null;
      made.destroy();
    };
  }, []);

  useEffect(() => {
    const now = view.current?.state.doc.toString();
    if (view.current === null || now === value) return;
    view.current.dispatch({ changes: { from: 0, to: now?.length ?? 0, insert: value } });
  }, [value]);

  useEffect(() => view.current?.dispatch({ effects: slots.kind.reconfigure(extensions) }), [slots, extensions]);
  useEffect(
    () => view.current?.dispatch({ effects: slots.ways.reconfigure(ways(label, id, placeholder, readOnly, invalid)) }),
    [slots, label, id, placeholder, readOnly, invalid],
  );

  return <div ref={host} className={clsx("min-w-0", className)} />;
}

function ways(label: string, id: string | undefined, placeholder: string | undefined, readOnly: boolean, invalid: boolean): Extension {
  // Long lines scroll: what scrolls must be reachable by key.
  const attributes: Record<string, string> = { "aria-label": label, tabindex: "0" };
  if (id !== undefined) attributes.id = id;
  if (invalid) attributes["aria-invalid"] = "true";
  return [
    EditorView.contentAttributes.of(attributes),
    EditorState.readOnly.of(readOnly),
    EditorView.editable.of(!readOnly),
    placeholder === undefined ? [] : placeholderOf(placeholder),
  ];
}
