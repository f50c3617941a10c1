import clsx from "clsx";
import type { ComponentProps, ReactNode } from "react";

/** A real table in a box that scrolls; its head stays in sight. */
export function Table({ className, children, label, ...rest }: ComponentProps<"div"> & { label: string }) {
  return (
    <div className={clsx("min-h-0 overflow-auto", className)} {...rest}>
      <table aria-label={label} className="tabular w-full border-collapse text-13">
        {children}
      </table>
    </div>
  );
}

export function TableHead({ children }: { children: ReactNode }) {
  return (
    <thead className="sticky top-0 z-10 bg-surface shadow-[inset_0_-1px_0_var(--line)]">
      <tr>{children}</tr>
    </thead>
  );
}

/** `numeric`: over a column of numbers. */
export function HeadCell({ numeric = false, className, ...rest }: ComponentProps<"th"> & { numeric?: boolean }) {
  const end = numeric ? "text-end" : "text-start";
  return <th scope="col" className={clsx("h-8 px-3 text-12 font-medium whitespace-nowrap text-muted", end, className)} {...rest} />;
}

/** A row; with `onOpen` a click or Enter opens what it stands for. */
export function Row({ onOpen, selected = false, className, ...rest }: ComponentProps<"tr"> & { onOpen?: () => void; selected?: boolean }) {
  return (
    <tr
      aria-selected={selected || undefined}
      tabIndex={onOpen === undefined ? undefined : 0}
      onClick={onOpen}
      onKeyDown={(event) => {
        if (event.key === "Enter" && event.target === event.currentTarget) onOpen?.();
      }}
      className={clsx(
        "border-b border-line last:border-0",
        selected && "bg-accent-soft",
        onOpen !== undefined && "cursor-pointer hover:bg-sunken",
        className,
      )}
      {...rest}
    />
  );
}

export function Cell({ className, ...rest }: ComponentProps<"td">) {
  return <td className={clsx("h-10 px-3 py-2 align-middle", className)} {...rest} />;
}
