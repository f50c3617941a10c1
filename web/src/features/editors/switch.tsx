import clsx from "clsx";

interface SwitchProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: string;
  disabled?: boolean;
  id?: string;
}

/** On or off, at once. */
export function Switch({ checked, onChange, label, disabled = false, id }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      id={id}
      aria-checked={checked}
      aria-label={label}
      disabled={disabled}
      onClick={() => onChange(!checked)}
      className={clsx(
        "relative inline-flex h-5 w-8 shrink-0 items-center rounded-full border transition-colors before:absolute before:-inset-2.5 disabled:opacity-50",
        checked ? "border-accent bg-accent" : "border-line-strong bg-sunken",
      )}
    >
      <span className={clsx("size-3.5 rounded-full transition-transform", checked ? "translate-x-3.5 bg-on-accent" : "translate-x-0.5 bg-line-strong")} />
    </button>
  );
}
