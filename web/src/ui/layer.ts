import { createContext, useContext } from "react";

const InDialog = createContext(false);

/** Around what a dialog or drawer holds. */
export const DialogLayer = InDialog;

/** Inside a dialog, which keeps the page behind it still, a menu or card has to say that it may scroll: it is modal itself. */
export function useInDialog(): boolean {
  return useContext(InDialog);
}

/** The look of everything that floats. */
export const FLOATING = "z-50 rounded-card border border-line bg-raised text-13 text-text shadow-float outline-none animate-fade";

/** Toasts lie over dialogs: a click on one is not a click beside the dialog. */
export function keepOpenForToasts(event: { target: EventTarget | null; preventDefault: () => void }): void {
  if (event.target instanceof Element && event.target.closest("[data-toaster]") !== null) event.preventDefault();
}
