import clsx from "clsx";
import { Check } from "lucide-react";
import type { KeyboardEvent, ReactNode } from "react";
import { useFloating, type Placement, type TriggerProps } from "./floating";

interface MenuProps extends Partial<Placement> {
  /** Renders the button that opens the menu. */
  trigger: (props: TriggerProps & { "aria-haspopup": "menu" }) => ReactNode;
  children: ReactNode;
}

/** A drop-down menu: arrows, Home and End move, Enter chooses, Esc closes. */
export function Menu({ trigger, align = "end", side = "bottom", children }: MenuProps) {
  const floating = useFloating({ align, side }, (card) => itemsOf(card)[0]?.focus());
  return (
    <>
      {trigger({ ...floating.trigger, "aria-haspopup": "menu" })}
      <div
        {...floating.card}
        role="menu"
        onKeyDown={moveFocus}
        className="animate-fade fixed m-0 max-h-[80dvh] min-w-44 overflow-y-auto rounded-card border border-line bg-raised p-1 text-13 text-text shadow-float"
      >
        {floating.open && children}
      </div>
    </>
  );
}

function itemsOf(menu: HTMLElement): HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>("[role^=menuitem]")];
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const items = itemsOf(event.currentTarget);
  const at = items.findIndex((item) => item === document.activeElement);
  const next: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
  const target = next[event.key];
  if (event.key === "Tab") event.currentTarget.hidePopover();
  if (target === undefined) return;
  event.preventDefault();
  items.at(target % items.length)?.focus();
}

interface MenuItemProps {
  icon?: ReactNode;
  danger?: boolean;
  /** For one of several choices: whether it is the current one. */
  checked?: boolean;
  onSelect: () => void;
  children: ReactNode;
}

export function MenuItem({ icon, danger = false, checked, onSelect, children }: MenuItemProps) {
  return (
    <button
      type="button"
      role={checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={checked}
      tabIndex={-1}
      onClick={(event) => {
        event.currentTarget.closest<HTMLElement>("[popover]")?.hidePopover();
        onSelect();
      }}
      className={clsx(
        "flex min-h-8 w-full items-center gap-2 rounded-control px-2 text-start outline-none hover:bg-sunken focus:bg-sunken pointer-coarse:min-h-10",
        danger && "text-danger",
      )}
    >
      {icon !== undefined && <span className={clsx("shrink-0", !danger && "text-muted")}>{icon}</span>}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {checked === true && <Check size={16} strokeWidth={1.5} className="text-accent" />}
    </button>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <div className="px-2 pt-1.5 pb-1 text-12 text-muted">{children}</div>;
}

export function MenuSeparator() {
  return <div role="separator" className="-mx-1 my-1 h-px bg-line" />;
}
