import { useRef } from "react";

let menuButton: HTMLElement | null = null;

/** Remembers the button of the menu that `item` is in: the item is gone when the dialog it opened looks for its opener. */
export function noteMenuOf(item: EventTarget | null): void {
  const id = item instanceof Element ? item.closest("[role=menu]")?.getAttribute("aria-labelledby") : null;
  menuButton = id == null ? null : document.getElementById(id);
}

/** Gives focus back to what opened a dialog; when that was an item of a menu, to the menu's button. */
export function useReturnFocus() {
  const opener = useRef<Element | null>(null);
  return {
    onOpenAutoFocus: () => {
      const active = document.activeElement;
      const fromMenu = active === null || active === document.body || active.closest("[role=menu]") !== null;
      opener.current = fromMenu ? menuButton : active;
      menuButton = null;
    },
    onCloseAutoFocus: (event: Event) => {
      if (!(opener.current instanceof HTMLElement) || !opener.current.isConnected) return;
      event.preventDefault();
      opener.current.focus();
    },
  };
}
