import clsx from "clsx";
import { Switch as Radix } from "radix-ui";
import { useId, type ReactNode } from "react";

interface SwitchProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: string;
  /** The label is only read out. */
  bare?: boolean;
  hint?: ReactNode;
  disabled?: boolean;
  id?: string;
}

/** On or off, at once. In forms that are sent: Checkbox. */
export function Switch({ checked, onChange, label, bare = false, hint, disabled = false, id: given }: SwitchProps) {
  const made = useId();
  const id = given ?? made;
  const control = (
    <Radix.Root
      id={id}
      checked={checked}
      onCheckedChange={onChange}
      disabled={disabled}
      aria-label={bare ? label : undefined}
      aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      className="relative inline-flex h-4.5 w-8 shrink-0 items-center rounded-full bg-line-strong p-0.5 transition-colors after:absolute after:-inset-2.5 disabled:opacity-50 data-[state=checked]:bg-accent"
    >
      <Radix.Thumb className="size-3.5 rounded-full bg-raised transition-transform data-[state=checked]:translate-x-3.5" />
    </Radix.Root>
  );
  if (bare) return control;
  return (
    <div className="flex items-start justify-between gap-4">
      <div className="min-w-0">
        <label htmlFor={id} className={clsx("font-medium", disabled && "opacity-60")}>
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="text-12 text-muted">
            {hint}
          </p>
        )}
      </div>
      <span className="mt-px inline-flex">{control}</span>
    </div>
  );
}
