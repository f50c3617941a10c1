import type { ReactNode } from "react";
import { useFloating, type TriggerProps } from "./floating";

interface PopoverProps {
  /** Renders the button that opens the card. */
  trigger: (props: TriggerProps) => ReactNode;
  label: string;
  children: ReactNode;
}

/** A card that opens from its button. */
export function Popover({ trigger, label, children }: PopoverProps) {
  const floating = useFloating({ align: "start", side: "bottom" }, (card) => {
    (card.querySelector<HTMLElement>("textarea, input, button") ?? card).focus();
  });
  return (
    <>
      {trigger(floating.trigger)}
      <div
        {...floating.card}
        role="dialog"
        aria-label={label}
        tabIndex={-1}
        className="animate-fade fixed m-0 max-h-80 w-[min(380px,calc(100vw-24px))] overflow-y-auto rounded-card border border-line bg-raised p-3 text-13 text-text shadow-float outline-none"
      >
        {floating.open && children}
      </div>
    </>
  );
}
