import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { JsonValue } from "@/api/json";
import { CodeEditor } from "./code-editor";

interface JsonEditorProps {
  value: JsonValue | undefined;
  /** Gets every text that is JSON; `undefined` for an empty one. */
  onChange: (value: JsonValue | undefined) => void;
  label: string;
  id?: string;
  disabled?: boolean;
  /** A sentence about a value that is JSON but does not fit, else null. */
  check?: (value: JsonValue) => string | null;
  head?: ReactNode;
  tools?: ReactNode;
  minHeight?: number;
  placeholder?: string;
}

/** JSON as text. What is no JSON yet stays in the editor, with the reason below it. */
export function JsonEditor({ value, onChange, check, ...rest }: JsonEditorProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => ({ text: textOf(value), of: value }));
  // The value was changed elsewhere (undo, import): what was being typed is over.
  if (draft.of !== value && textOf(draft.of) !== textOf(value)) setDraft({ text: textOf(value), of: value });
  const parsed = parse(draft.text);
  const problem = "problem" in parsed ? t("editors.json.broken", { reason: parsed.problem }) : parsed.value === undefined ? null : (check?.(parsed.value) ?? null);
  return (
    <div className="flex flex-col gap-1">
      <CodeEditor
        {...rest}
        language="json"
        value={draft.text}
        invalid={problem !== null}
        onChange={(text) => {
          const read = parse(text);
          const fits = !("problem" in read) && (read.value === undefined || (check?.(read.value) ?? null) === null);
          setDraft({ text, of: fits ? read.value : value });
          if (fits && textOf(read.value) !== textOf(value)) onChange(read.value);
        }}
      />
      {problem !== null && <p className="text-12 text-danger">{problem}</p>}
    </div>
  );
}

function textOf(value: JsonValue | undefined): string {
  return value === undefined ? "" : JSON.stringify(value, null, 2);
}

function parse(text: string): { value: JsonValue | undefined } | { problem: string } {
  if (text.trim() === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) as JsonValue };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
