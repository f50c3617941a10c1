import { Tooltip as Radix } from "radix-ui";
import { createContext, useContext, type FocusEvent, type ReactNode } from "react";
import { Shortcut } from "./shortcut";

const Zone = createContext(false);
const DELAY_MS = 400;

/** Tooltips in here follow one another without delay once one has been shown. */
export function TooltipZone({ children }: { children: ReactNode }) {
  return (
    <Zone value>
      <Radix.Provider delayDuration={DELAY_MS} skipDelayDuration={300} disableHoverableContent>
        {children}
      </Radix.Provider>
    </Zone>
  );
}

interface TooltipProps {
  text: ReactNode;
  /** Such as `mod+k`; shown beside the text. */
  shortcut?: string | undefined;
  side?: "top" | "right" | "bottom" | "left";
  /** One element, which is what the tooltip speaks of. It must take a ref and props. */
  children: ReactNode;
}

/** A line about the element it wraps, on hover and on keyboard focus. Nothing may be learnt from it alone: fingers do not hover. */
export function Tooltip({ text, shortcut, side = "bottom", children }: TooltipProps) {
  const zoned = useContext(Zone);
  const tooltip = (
    <Radix.Root>
      <Radix.Trigger asChild onFocus={onlyByKeyboard}>
        {children}
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="animate-fade pointer-events-none z-60 flex max-w-70 items-center gap-2 rounded-control bg-text px-2 py-1 text-12 text-bg shadow-float"
        >
          {text}
          {shortcut !== undefined && <Shortcut keys={shortcut} className="text-bg/70" />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
  return zoned ? tooltip : <Radix.Provider delayDuration={DELAY_MS}>{tooltip}</Radix.Provider>;
}

let lastKey = "";
window.addEventListener("keydown", (event) => (lastKey = event.key), true);

/**
 * Only for whoever walks there. A menu that closes and a dialog that opens move the focus by themselves: no reason to say a
 * name, and the tooltip would take the Escape that is meant for the dialog.
 */
function onlyByKeyboard(event: FocusEvent<HTMLElement>): void {
  const walked = /^(Tab|Home|End|Arrow.*)$/.test(lastKey);
  if (!walked || !event.currentTarget.matches(":focus-visible")) event.preventDefault();
}
