import clsx from "clsx";
import { X } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";

interface TagsInputProps {
  value: readonly string[];
  onChange: (value: string[]) => void;
  label: string;
  placeholder?: string | undefined;
  disabled?: boolean;
  limit?: number;
  id?: string;
}

/** Words, each added by Enter, Tab or leaving the field; Backspace takes the last one back. */
export function TagsInput({ value, onChange, label, placeholder, disabled = false, limit = Infinity, id }: TagsInputProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const add = () => {
    const word = text.trim();
    setText("");
    if (word !== "" && !value.includes(word) && value.length < limit) onChange([...value, word]);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if ((event.key === "Enter" || event.key === "Tab") && text.trim() !== "") {
      event.preventDefault();
      add();
    } else if (event.key === "Backspace" && text === "" && value.length > 0) {
      onChange(value.slice(0, -1));
    }
  };
  return (
    <div
      className={clsx(
        "flex min-h-8 min-w-0 flex-1 flex-wrap items-center gap-1 rounded-control border border-line bg-raised px-1.5 py-1 focus-within:border-accent hover:border-line-strong",
        disabled && "opacity-60",
      )}
    >
      {value.map((word) => (
        <span key={word} className="inline-flex max-w-full items-center gap-1 rounded-sm bg-sunken ps-1.5 text-12">
          <span className="truncate">{word}</span>
          <button
            type="button"
            disabled={disabled}
            aria-label={t("editors.removeWord", { word })}
            onClick={() => onChange(value.filter((other) => other !== word))}
            className="touch-target inline-flex size-5 items-center justify-center rounded-sm text-muted hover:text-text"
          >
            <X size={12} strokeWidth={1.5} />
          </button>
        </span>
      ))}
      {value.length < limit && (
        <input
          id={id}
          aria-label={label}
          value={text}
          disabled={disabled}
          placeholder={value.length === 0 ? placeholder : undefined}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={add}
          className="min-w-16 flex-1 bg-transparent px-1 text-13 outline-none placeholder:text-muted"
        />
      )}
    </div>
  );
}
