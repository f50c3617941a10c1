import clsx from "clsx";
import { useState, type ComponentProps, type KeyboardEvent } from "react";
import { CONTROL, HEIGHT } from "./field";

interface NumberInputProps extends Omit<ComponentProps<"input">, "value" | "onChange" | "min" | "max" | "step" | "type"> {
  /** Null is an empty field. */
  value: number | null;
  onChange: (value: number | null) => void;
  min?: number | undefined;
  max?: number | undefined;
  /** Also how exact a value may be: 0.1 keeps one digit. 1 keeps whole numbers. */
  step?: number | undefined;
}

/** A number. What is typed counts when one leaves the field or presses Enter, brought between its bounds; arrows step. */
export function NumberInput({ value, onChange, min, max, step = 1, className, onBlur, onKeyDown, ...rest }: NumberInputProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const commit = () => {
    if (draft === null) return;
    setDraft(null);
    const next = readNumber(draft);
    if (next === undefined) return;
    onChange(next === null ? null : fit(next, { min, max, step }));
  };
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    onKeyDown?.(event);
    if (event.key === "Enter") commit();
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const from = readNumber(draft ?? String(value ?? min ?? 0)) ?? min ?? 0;
    setDraft(null);
    onChange(fit(from + (event.key === "ArrowUp" ? step : -step) * (event.shiftKey ? 10 : 1), { min, max, step }));
  };
  return (
    <input
      inputMode={step % 1 === 0 && (min ?? -1) >= 0 ? "numeric" : "decimal"}
      autoComplete="off"
      className={clsx(CONTROL, HEIGHT, "tabular", className)}
      value={draft ?? (value === null ? "" : String(value))}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={(event) => {
        commit();
        onBlur?.(event);
      }}
      onKeyDown={onKey}
      {...rest}
    />
  );
}

/** Null for an empty text, undefined for one that is no number. A comma is taken for a point. */
export function readNumber(text: string): number | null | undefined {
  const trimmed = text.trim().replace(",", ".");
  if (trimmed === "") return null;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : undefined;
}

interface Bounds {
  min?: number | undefined;
  max?: number | undefined;
  step: number;
}

/** `value` between its bounds, with no more digits than `step` has. */
export function fit(value: number, { min = -Infinity, max = Infinity, step }: Bounds): number {
  const digits = String(step).split(".")[1]?.length ?? 0;
  return Math.min(max, Math.max(min, Number(value.toFixed(digits))));
}
