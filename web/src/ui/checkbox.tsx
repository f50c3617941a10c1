import { Check, Minus } from "lucide-react";
import { Checkbox as Radix } from "radix-ui";
import { useId, type ReactNode } from "react";

interface CheckboxProps {
  /** `indeterminate`: some of what it stands for. */
  checked: boolean | "indeterminate";
  onChange: (checked: boolean) => void;
  label: ReactNode;
  /** Said to assistive technology instead of a label in sight: the box of a table row. */
  bare?: string;
  disabled?: boolean;
}

export function Checkbox({ checked, onChange, label, bare, disabled = false }: CheckboxProps) {
  const id = useId();
  const control = (
    <Radix.Root
      id={id}
      checked={checked}
      onCheckedChange={(next) => onChange(next === true)}
      disabled={disabled}
      aria-label={bare}
      className="relative inline-flex size-4 shrink-0 items-center justify-center rounded-sm border border-line-strong bg-raised text-on-accent transition-colors after:absolute after:-inset-3 disabled:opacity-50 data-[state=checked]:border-accent data-[state=checked]:bg-accent data-[state=indeterminate]:border-accent data-[state=indeterminate]:bg-accent"
    >
      <Radix.Indicator>
        {checked === "indeterminate" ? <Minus size={12} strokeWidth={2.5} /> : <Check size={12} strokeWidth={2.5} />}
      </Radix.Indicator>
    </Radix.Root>
  );
  if (bare !== undefined) return control;
  return (
    <div className="flex items-start gap-2 pointer-coarse:py-2.5">
      <span className="mt-0.5 inline-flex">{control}</span>
      <label htmlFor={id} className="min-w-0">
        {label}
      </label>
    </div>
  );
}
