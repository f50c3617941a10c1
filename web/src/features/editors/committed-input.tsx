import clsx from "clsx";
import { useId, useState } from "react";
import { CONTROL } from "@/ui/field";

interface CommittedInputProps {
  value: string;
  label: string;
  /** A sentence about a text that cannot be taken, else null. */
  check?: (value: string) => string | null;
  onCommit: (value: string) => void;
  disabled?: boolean;
  placeholder?: string;
  className?: string;
  id?: string;
}

/** A field whose text counts when it is left or Enter is pressed: for names that others refer to. */
export function CommittedInput({ value, label, check, onCommit, disabled = false, placeholder, className, id }: CommittedInputProps) {
  const note = useId();
  const [draft, setDraft] = useState<string | null>(null);
  const shown = draft ?? value;
  const problem = draft === null || draft === value ? null : (check?.(draft) ?? null);
  const commit = () => {
    if (draft !== null && draft !== value && problem === null) onCommit(draft);
    setDraft(null);
  };
  return (
    <div className={clsx("flex min-w-0 flex-col", className)}>
      <input
        id={id}
        aria-label={label}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : note}
        placeholder={placeholder}
        disabled={disabled}
        value={shown}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === "Enter") commit();
          if (event.key === "Escape") setDraft(null);
        }}
        className={clsx(CONTROL, "h-8 text-13!")}
        spellCheck={false}
      />
      {problem !== null && (
        <p id={note} className="mt-0.5 font-sans text-12 text-danger">
          {problem}
        </p>
      )}
    </div>
  );
}
