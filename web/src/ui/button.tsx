import clsx from "clsx";
import type { ComponentProps, ReactNode } from "react";
import { Spinner } from "./spinner";
import { Tooltip } from "./tooltip";

type Variant = "primary" | "plain" | "accent" | "quiet" | "danger";

interface ButtonProps extends ComponentProps<"button"> {
  variant?: Variant;
  size?: "small" | "normal" | "large";
  icon?: ReactNode;
  /** Shows a spinner and ignores clicks. */
  busy?: boolean;
}

const VARIANTS: Record<Variant, string> = {
  primary: "bg-accent text-on-accent hover:opacity-90 disabled:opacity-50",
  plain: "border border-line bg-raised hover:bg-sunken disabled:text-muted disabled:opacity-60",
  accent: "bg-accent-soft text-accent hover:opacity-90 disabled:opacity-50",
  quiet: "text-muted hover:bg-sunken hover:text-text disabled:opacity-50",
  danger: "bg-danger text-on-accent hover:opacity-90 disabled:opacity-50",
};

const SIZES = {
  small: "h-7 px-2 gap-1.5 max-sm:pointer-coarse:h-10",
  normal: "h-8 px-3 gap-1.5 max-sm:pointer-coarse:h-10",
  large: "h-10 px-4 gap-2 text-14",
};

export function buttonClass(variant: Variant = "plain", size: keyof typeof SIZES = "normal", className?: string): string {
  return clsx(
    "inline-flex shrink-0 items-center justify-center rounded-control font-medium whitespace-nowrap transition-colors",
    VARIANTS[variant],
    SIZES[size],
    className,
  );
}

export function Button({ variant, size, icon, busy = false, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={buttonClass(variant, size, className)}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy ? <Spinner /> : icon}
      {children}
    </button>
  );
}

interface IconButtonProps extends ComponentProps<"button"> {
  /** Read out and shown as the tooltip. */
  label: string;
  active?: boolean;
  /** Such as `mod+z`; shown in the tooltip. */
  shortcut?: string | undefined;
  /** Where the tooltip stands. */
  side?: "top" | "right" | "bottom" | "left";
}

export function IconButton({ label, active = false, shortcut, side, className, children, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} shortcut={shortcut} {...(side === undefined ? {} : { side })}>
      <button
        type="button"
        aria-label={label}
        // The tooltip says what the label says: once is enough.
        aria-describedby={undefined}
        className={clsx(
          "touch-target inline-flex size-7 shrink-0 items-center justify-center rounded-control transition-colors",
          "hover:bg-sunken hover:text-text disabled:opacity-40",
          active ? "text-accent" : "text-muted",
          className,
        )}
        {...rest}
      >
        {children}
      </button>
    </Tooltip>
  );
}
