import clsx from "clsx";
import type { ReactElement, ReactNode } from "react";
import { Popover } from "@/ui/popover";

interface PopoverCardProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  label: string;
  trigger: ReactElement;
  align?: "start" | "end";
  className?: string;
  children: ReactNode;
}

/** A card for a list with a search above it: the list scrolls, the card does not. */
export function PopoverCard({ className, children, ...rest }: PopoverCardProps) {
  return (
    <Popover {...rest} className={clsx("flex w-[min(360px,calc(100vw-16px))] flex-col", className)}>
      {children}
    </Popover>
  );
}
