import clsx from "clsx";
import { Check, ChevronDown } from "lucide-react";
import { Select as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { CONTROL, HEIGHT } from "./field";
import { FLOATING } from "./layer";
import { STYLE_NONCE } from "./style-nonce";

export interface SelectOption<Value extends string = string> {
  value: Value;
  label: string;
  icon?: ReactNode;
  /** A second line, smaller. */
  hint?: string;
  disabled?: boolean;
}

interface SelectProps<Value extends string> {
  /** Null shows the placeholder. */
  value: Value | null;
  onChange: (value: Value) => void;
  options: readonly SelectOption<Value>[];
  placeholder?: string;
  /** For assistive technology, when no `Field` names it. */
  label?: string;
  id?: string;
  disabled?: boolean;
  className?: string;
  "aria-invalid"?: boolean;
  "aria-describedby"?: string | undefined;
}

/** One of a few options. For many, or for ones to search: Combobox. */
export function Select<Value extends string>({ value, onChange, options, placeholder, label, className, disabled = false, ...rest }: SelectProps<Value>) {
  const current = options.find((option) => option.value === value);
  return (
    <Radix.Root value={value ?? ""} onValueChange={(next) => onChange(next as Value)} disabled={disabled}>
      <Radix.Trigger aria-label={label} className={clsx(CONTROL, HEIGHT, "inline-flex items-center gap-2 text-start", className)} {...rest}>
        {current?.icon !== undefined && <span className="shrink-0 text-muted">{current.icon}</span>}
        <span className={clsx("min-w-0 flex-1 truncate", current === undefined && "text-muted")}>
          <Radix.Value placeholder={placeholder}>{current?.label ?? placeholder}</Radix.Value>
        </span>
        <ChevronDown aria-hidden size={14} strokeWidth={1.5} className="shrink-0 text-muted" />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          collisionPadding={8}
          className={clsx(FLOATING, "max-h-(--radix-select-content-available-height) max-w-100 min-w-(--radix-select-trigger-width)")}
        >
          <Radix.Viewport nonce={STYLE_NONCE} className="p-1">
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled ?? false}
                className="flex min-h-8 cursor-pointer items-center gap-2 rounded-control px-2 py-1 outline-none select-none data-disabled:cursor-default data-disabled:opacity-50 data-highlighted:bg-text/8 pointer-coarse:min-h-10"
              >
                {option.icon !== undefined && <span className="shrink-0 text-muted">{option.icon}</span>}
                <span className="min-w-0 flex-1">
                  <Radix.ItemText>{option.label}</Radix.ItemText>
                  {option.hint !== undefined && <span className="block text-12 text-muted">{option.hint}</span>}
                </span>
                <Radix.ItemIndicator>
                  <Check size={16} strokeWidth={1.5} className="text-accent" />
                </Radix.ItemIndicator>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
