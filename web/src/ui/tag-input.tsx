import clsx from "clsx";
import { X } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { CONTROL } from "./field";

interface TagInputProps {
  value: readonly string[];
  onChange: (value: string[]) => void;
  label: string;
  id?: string;
  placeholder?: string;
  /** How many at most. */
  max?: number;
  disabled?: boolean;
  /** What stands between two tags that are typed or pasted. */
  separator?: RegExp;
  /** Tags that are not are marked; they stay, to be mended by who typed them. */
  isValid?: (tag: string) => boolean;
}

const BETWEEN = /[,\n]/;
/** Of tags that may hold commas. */
export const LINES = /\n/;

/** Short texts one after the other: Enter, Tab or a comma adds, Backspace takes the last one back. */
export function TagInput({ value, onChange, label, id, placeholder, max = Infinity, disabled = false, separator = BETWEEN, isValid = () => true }: TagInputProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState("");
  const full = value.length >= max;
  const add = (text: string): boolean => {
    const tags = text
      .split(separator)
      .map((tag) => tag.trim())
      .filter((tag, index, all) => tag !== "" && !value.includes(tag) && all.indexOf(tag) === index);
    setDraft("");
    if (tags.length > 0) onChange([...value, ...tags].slice(0, max));
    return tags.length > 0;
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Backspace" && draft === "") onChange(value.slice(0, -1));
    if (event.key !== "Enter" && event.key !== "Tab" && !(event.key === "," && separator.test(","))) return;
    // Tab moves on when there is nothing to add.
    const added = add(draft);
    if (added || event.key !== "Tab") event.preventDefault();
  };
  return (
    <div className={clsx(CONTROL, "flex min-h-8 flex-wrap items-center gap-1 py-1 focus-within:border-accent focus-within:outline-1 focus-within:outline-accent pointer-coarse:min-h-10")}>
      {value.map((tag) => (
        <span
          key={tag}
          className={clsx(
            "inline-flex h-6 max-w-full items-center rounded-sm pl-1.5 text-12 pointer-coarse:h-8",
            isValid(tag) ? "bg-sunken" : "bg-danger-soft text-danger",
          )}
        >
          <span className="truncate">{tag}</span>
          <button
            type="button"
            aria-label={t("common.remove", { name: tag })}
            disabled={disabled}
            onClick={() => onChange(value.filter((other) => other !== tag))}
            className="inline-flex size-6 shrink-0 items-center justify-center rounded-sm text-muted hover:text-text pointer-coarse:size-8"
          >
            <X size={12} strokeWidth={2} />
          </button>
        </span>
      ))}
      <input
        id={id}
        aria-label={label}
        className="h-6 min-w-20 flex-1 bg-transparent outline-none placeholder:text-muted/80"
        placeholder={full ? "" : placeholder}
        value={draft}
        disabled={disabled || full}
        onChange={(event) => (separator.test(event.target.value) ? add(event.target.value) : setDraft(event.target.value))}
        onPaste={(event) => {
          // The browser would glue the lines of a list together.
          const pasted = event.clipboardData.getData("text");
          if (!separator.test(pasted)) return;
          event.preventDefault();
          add(draft + pasted);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => add(draft)}
      />
    </div>
  );
}
