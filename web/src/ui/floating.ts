import { useId, useRef, useState, type ToggleEvent } from "react";
import { flushSync } from "react-dom";

export interface Placement {
  align: "start" | "end";
  side: "top" | "bottom";
}

const GAP = 4;
const MARGIN = 8;

/** What a button needs to open the card that `useFloating` places beside it. */
export interface TriggerProps {
  popoverTarget: string;
  "aria-expanded": boolean;
}

/**
 * A card in the browser's top layer beside its button. The browser opens and closes it (click, Esc, click elsewhere) and
 * gives focus back; this hook renders the content while it is open and finds its place.
 */
export function useFloating({ align, side }: Placement, onShown: (card: HTMLElement) => void) {
  const id = useId();
  const card = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);

  const onBeforeToggle = (event: ToggleEvent<HTMLElement>) => {
    if (event.target === card.current && event.newState === "open") flushSync(() => setOpen(true));
  };
  const onToggle = (event: ToggleEvent<HTMLElement>) => {
    if (event.target !== card.current) return;
    // Only now: the browser gives focus back from content that is still there.
    if (event.newState !== "open") {
      setOpen(false);
      return;
    }
    const button = document.querySelector(`[popovertarget="${CSS.escape(id)}"]`);
    if (button !== null) place(card.current, button.getBoundingClientRect(), { align, side });
    onShown(card.current);
  };

  const trigger: TriggerProps = { popoverTarget: id, "aria-expanded": open };
  return { open, trigger, card: { id, ref: card, popover: "auto" as const, onBeforeToggle, onToggle } };
}

/** Puts `card` beside `anchor`, on the other side when there is no room, and inside the window in any case. */
function place(card: HTMLElement, anchor: DOMRect, { align, side }: Placement): void {
  const { offsetWidth: width, offsetHeight: height } = card;
  const below = anchor.bottom + GAP;
  const above = anchor.top - GAP - height;
  const fitsBelow = below + height <= window.innerHeight - MARGIN;
  const top = (side === "bottom" && fitsBelow) || above < MARGIN ? below : above;
  const left = align === "start" ? anchor.left : anchor.right - width;
  card.style.left = `${clamp(left, MARGIN, window.innerWidth - MARGIN - width)}px`;
  card.style.top = `${clamp(top, MARGIN, window.innerHeight - MARGIN - height)}px`;
}

function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(value, max));
}
