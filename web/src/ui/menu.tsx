import clsx from "clsx";
import { Check, ChevronRight } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { FLOATING, useInDialog } from "./layer";
import { Shortcut } from "./shortcut";
import { noteMenuOf } from "./use-return-focus";

const CARD = `${FLOATING} max-h-[80dvh] min-w-44 max-w-80 overflow-y-auto p-1`;
const ITEM =
  "flex min-h-8 w-full cursor-pointer items-center gap-2 rounded-control px-2 text-start outline-none select-none " +
  "data-highlighted:bg-text/8 data-[state=open]:bg-text/8 data-disabled:cursor-default data-disabled:opacity-50 pointer-coarse:min-h-10";

interface MenuProps {
  /** The button that opens the menu. It must take a ref and props. */
  trigger: ReactElement;
  align?: "start" | "center" | "end";
  side?: "top" | "right" | "bottom" | "left";
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  children: ReactNode;
}

/** A drop-down menu: arrows, Home and End move, letters find, Enter chooses, Esc closes. */
export function Menu({ trigger, align = "end", side = "bottom", children, ...state }: MenuProps) {
  const modal = useInDialog();
  return (
    <Radix.Root modal={modal} {...state}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content align={align} side={side} sideOffset={4} collisionPadding={8} loop onCloseAutoFocus={leaveToDialog} className={CARD}>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** The menu is closed a moment after its item opened a dialog, which has the focus by then and keeps it. */
function leaveToDialog(event: Event): void {
  if (document.activeElement?.closest("[role=dialog], [role=alertdialog]") != null) event.preventDefault();
}

interface MenuItemProps {
  icon?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  /** For one of several choices: whether it is the current one. */
  checked?: boolean;
  /** Such as `mod+d`. */
  shortcut?: string | undefined;
  onSelect: () => void;
  children: ReactNode;
}

export function MenuItem({ icon, danger = false, disabled = false, checked, shortcut, onSelect, children }: MenuItemProps) {
  return (
    <Radix.Item
      {...(checked === undefined ? {} : { role: "menuitemradio", "aria-checked": checked })}
      disabled={disabled}
      onSelect={(event) => {
        noteMenuOf(event.currentTarget);
        onSelect();
      }}
      className={clsx(ITEM, danger && "text-danger")}
    >
      {icon !== undefined && <span className={clsx("shrink-0", !danger && "text-muted")}>{icon}</span>}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {shortcut !== undefined && <Shortcut keys={shortcut} />}
      {checked === true && <Check size={16} strokeWidth={1.5} className="text-accent" />}
    </Radix.Item>
  );
}

interface SubMenuProps {
  icon?: ReactNode;
  label: ReactNode;
  children: ReactNode;
}

/** An item that opens a menu of its own beside it. */
export function SubMenu({ icon, label, children }: SubMenuProps) {
  return (
    <Radix.Sub>
      <Radix.SubTrigger className={ITEM}>
        {icon !== undefined && <span className="shrink-0 text-muted">{icon}</span>}
        <span className="min-w-0 flex-1 truncate">{label}</span>
        <ChevronRight size={16} strokeWidth={1.5} className="text-muted" />
      </Radix.SubTrigger>
      <Radix.Portal>
        <Radix.SubContent sideOffset={4} collisionPadding={8} loop className={CARD}>
          {children}
        </Radix.SubContent>
      </Radix.Portal>
    </Radix.Sub>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 pt-1.5 pb-1 text-12 text-muted">{children}</Radix.Label>;
}

export function MenuSeparator() {
  return <Radix.Separator className="-mx-1 my-1 h-px bg-line" />;
}
