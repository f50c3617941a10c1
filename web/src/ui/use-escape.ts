import { useEffect } from "react";

/** What closes by Esc itself while it is open. */
const OPEN_LAYERS = ":is([role=dialog], [role=alertdialog], [role=menu], [role=listbox])[data-state=open]";

/** Calls `action` on Esc while `enabled`, unless Esc closes a dialog or a menu. */
export function useEscape(enabled: boolean, action: () => void): void {
  useEffect(() => {
    if (!enabled) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      if (document.querySelector(OPEN_LAYERS) === null) action();
    };
    document.addEventListener("keydown", onKey, { capture: true });
    return () => document.removeEventListener("keydown", onKey, { capture: true });
  }, [enabled, action]);
}
