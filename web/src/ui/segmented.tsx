import clsx from "clsx";
import { RadioGroup as Radix } from "radix-ui";
import type { ReactNode } from "react";

export interface Segment<Value extends string = string> {
  value: Value;
  label: string;
  /** Stands for the label, which is then only read out. */
  icon?: ReactNode;
}

interface SegmentedProps<Value extends string> {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  options: readonly Segment<Value>[];
  disabled?: boolean;
  className?: string;
}

/** One of two to five short options, all in sight. */
export function Segmented<Value extends string>({ label, value, onChange, options, disabled = false, className }: SegmentedProps<Value>) {
  return (
    <Radix.Root
      aria-label={label}
      orientation="horizontal"
      value={value}
      onValueChange={(next) => onChange(next as Value)}
      disabled={disabled}
      className={clsx("inline-flex max-w-full gap-0.5 self-start overflow-x-auto rounded-control bg-sunken p-0.5", className)}
    >
      {options.map((option) => (
        <Radix.Item
          key={option.value}
          value={option.value}
          aria-label={option.label}
          title={option.icon === undefined ? undefined : option.label}
          className="inline-flex h-7 items-center justify-center rounded-sm px-2.5 font-medium whitespace-nowrap text-muted transition-colors hover:text-text disabled:opacity-60 data-[state=checked]:bg-raised data-[state=checked]:text-text data-[state=checked]:shadow-[0_0_0_1px_var(--line)] pointer-coarse:h-9"
        >
          {option.icon ?? option.label}
        </Radix.Item>
      ))}
    </Radix.Root>
  );
}
