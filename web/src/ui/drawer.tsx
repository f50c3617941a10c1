import clsx from "clsx";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button";
import { OVERLAY } from "./dialog";
import { DialogLayer, keepOpenForToasts } from "./layer";
import { useReturnFocus } from "./use-return-focus";

interface DrawerProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** Left is for navigation on phones; its title is only read out. */
  side?: "left" | "right";
  /** 420, 640 or 860 pixels; the whole width on phones. */
  size?: "small" | "medium" | "large";
  /** Beside the title. */
  actions?: ReactNode;
  footer?: ReactNode;
  children: ReactNode;
}

const SIZES = { small: "sm:w-105", medium: "sm:w-160", large: "sm:w-215" };

/** A panel from an edge, over the page. */
export function Drawer({ open, onOpenChange, title, side = "right", size = "medium", actions, footer, children }: DrawerProps) {
  const { t } = useTranslation();
  const returnFocus = useReturnFocus();
  const close = (
    <Radix.Close asChild>
      <IconButton label={t("common.close")} className={clsx(side === "left" && "absolute top-2 right-2 pointer-coarse:top-0.5")}>
        <X size={16} strokeWidth={1.5} />
      </IconButton>
    </Radix.Close>
  );
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={OVERLAY} />
        <Radix.Content
          aria-describedby={undefined}
          onInteractOutside={keepOpenForToasts}
          {...returnFocus}
          onSubmit={(event) => event.stopPropagation()}
          className={clsx(
            "animate-fade fixed inset-y-0 z-50 flex h-dvh flex-col border-line pb-[env(safe-area-inset-bottom)] text-text outline-none",
            side === "left" ? "left-0 w-[min(300px,86vw)] border-r bg-bg" : "right-0 w-full max-w-full bg-surface shadow-float sm:border-l",
            side === "right" && SIZES[size],
          )}
        >
          <DialogLayer value>
            {side === "left" ? (
              <>
                <Radix.Title className="sr-only">{title}</Radix.Title>
                {close}
                {children}
              </>
            ) : (
              <>
                <div className="flex h-11 shrink-0 items-center gap-2 border-b border-line pr-2 pl-4">
                  <Radix.Title className="min-w-0 flex-1 truncate text-14 font-semibold">{title}</Radix.Title>
                  {actions}
                  {close}
                </div>
                <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
                {footer !== undefined && <div className="flex justify-end gap-2 border-t border-line px-4 py-3">{footer}</div>}
              </>
            )}
          </DialogLayer>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
