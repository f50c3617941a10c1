import clsx from "clsx";

interface SegmentsProps<T extends string> {
  value: T;
  onChange: (value: T) => void;
  options: readonly { value: T; label: string }[];
  label: string;
  disabled?: boolean;
}

/** One of a few choices, all of them in sight. */
export function Segments<T extends string>({ value, onChange, options, label, disabled = false }: SegmentsProps<T>) {
  return (
    <div role="radiogroup" aria-label={label} className="flex max-w-full gap-0.5 self-start overflow-x-auto rounded-control bg-sunken p-0.5">
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          aria-checked={option.value === value}
          disabled={disabled}
          onClick={() => onChange(option.value)}
          className={clsx(
            "h-7 rounded-sm px-2 text-12 font-medium whitespace-nowrap pointer-coarse:h-9",
            option.value === value ? "bg-raised text-text shadow-[0_1px_2px_oklch(0_0_0/0.12)]" : "text-muted hover:text-text",
          )}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
