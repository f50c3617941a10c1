import clsx from "clsx";
import { Popover as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { FLOATING, useInDialog } from "./layer";

interface PopoverProps {
  /** The button that opens the card. It must take a ref and props. */
  trigger: ReactElement;
  label: string;
  align?: "start" | "center" | "end";
  side?: "top" | "right" | "bottom" | "left";
  /** When the owner decides whether it is open. */
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  className?: string;
  children: ReactNode;
}

/** A card that opens from its button. */
export function Popover({ trigger, label, align = "start", side = "bottom", className, children, ...state }: PopoverProps) {
  const modal = useInDialog();
  return (
    <Radix.Root modal={modal} {...state}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          align={align}
          side={side}
          sideOffset={4}
          collisionPadding={8}
          className={clsx(
            FLOATING,
            "max-h-[min(var(--radix-popover-content-available-height),480px)] overflow-y-auto",
            className ?? "w-[min(380px,calc(100vw-24px))] p-3",
          )}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Closes the popover around it. */
export const PopoverClose = Radix.Close;
