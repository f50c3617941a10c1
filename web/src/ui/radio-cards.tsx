import clsx from "clsx";
import { RadioGroup as Radix } from "radix-ui";
import type { ReactNode } from "react";

export interface RadioCard<Value extends string = string> {
  value: Value;
  title: string;
  text?: string;
  icon?: ReactNode;
  disabled?: boolean;
}

interface RadioCardsProps<Value extends string> {
  label: string;
  value: Value | null;
  onChange: (value: Value) => void;
  options: readonly RadioCard<Value>[];
  columns?: 1 | 2 | 3;
}

const COLUMNS = { 1: "", 2: "sm:grid-cols-2", 3: "sm:grid-cols-3" };

/** One of a few options that need a sentence each. */
export function RadioCards<Value extends string>({ label, value, onChange, options, columns = 1 }: RadioCardsProps<Value>) {
  return (
    <Radix.Root
      aria-label={label}
      value={value ?? ""}
      onValueChange={(next) => onChange(next as Value)}
      className={clsx("grid gap-2", COLUMNS[columns])}
    >
      {options.map((option) => (
        <Radix.Item
          key={option.value}
          value={option.value}
          disabled={option.disabled ?? false}
          className="flex min-h-10 items-start gap-2.5 rounded-card border border-line bg-raised p-3 text-start transition-colors hover:border-line-strong disabled:opacity-50 data-[state=checked]:border-accent data-[state=checked]:bg-accent-soft"
        >
          {option.icon !== undefined && <span className="mt-0.5 shrink-0 text-muted">{option.icon}</span>}
          <span className="min-w-0">
            <span className="block font-medium">{option.title}</span>
            {option.text !== undefined && <span className="block text-12 text-muted">{option.text}</span>}
          </span>
        </Radix.Item>
      ))}
    </Radix.Root>
  );
}
