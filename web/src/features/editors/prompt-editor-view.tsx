import type { EditorView } from "@codemirror/view";
import { useMemo } from "react";
import CodeMirror from "./code-mirror";
import { insertInto, openMenu, promptExtension, type PromptOptions } from "./prompt-extension";

export interface PromptHandle {
  insert: (text: string) => void;
  menu: () => void;
}

export interface PromptEditorViewProps {
  value: string;
  onChange: (value: string) => void;
  options: PromptOptions;
  label: string;
  id?: string | undefined;
  placeholder?: string | undefined;
  readOnly?: boolean | undefined;
  onBlur?: (() => void) | undefined;
  onReady?: (handle: PromptHandle | null) => void;
  className?: string;
}

export default function PromptEditorView({ options, onReady, ...rest }: PromptEditorViewProps) {
  const extensions = useMemo(() => promptExtension(options), [options]);
  const ready = (view: EditorView | null): void => {
    onReady?.(view === null ? null : { insert: (text) => insertInto(view, text), menu: () => openMenu(view) });
  };
  return <CodeMirror {...rest} extensions={extensions} onReady={ready} />;
}
