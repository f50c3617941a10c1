import { useEffect, useState, type ReactElement } from "react";
import { createPortal } from "react-dom";

/** Lets a field grow to the whole window and back; Esc brings it back. */
export function useFullscreen(label: string) {
  const [full, setFull] = useState(false);
  useEffect(() => {
    if (!full) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.stopPropagation();
      setFull(false);
    };
    document.addEventListener("keydown", onKeyDown, { capture: true });
    return () => document.removeEventListener("keydown", onKeyDown, { capture: true });
  }, [full]);
  const frame = (children: ReactElement): ReactElement =>
    full
      ? createPortal(
          <div role="dialog" aria-modal aria-label={label} className="animate-fade fixed inset-0 z-70 bg-bg p-3 sm:p-6">
            {children}
          </div>,
          document.body,
        )
      : children;
  return { full, toggle: () => setFull((now) => !now), frame };
}
