import clsx from "clsx";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button";
import { DialogLayer, keepOpenForToasts } from "./layer";
import { useReturnFocus } from "./use-return-focus";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: string;
  /** 420, 560, 800 pixels wide, or the whole window. */
  size?: "small" | "medium" | "large" | "full";
  /** Stays in sight below the content, which scrolls: the buttons. */
  footer?: ReactNode;
  children: ReactNode;
}

const SIZES = {
  small: "top-[16dvh] max-h-[76dvh] w-[calc(100vw-32px)] max-w-105 rounded-dialog",
  medium: "top-[10dvh] max-h-[82dvh] w-[calc(100vw-32px)] max-w-140 rounded-dialog",
  large: "top-[6dvh] max-h-[88dvh] w-[calc(100vw-32px)] max-w-200 rounded-dialog max-sm:top-0 max-sm:h-dvh max-sm:max-h-none max-sm:w-full max-sm:rounded-none",
  full: "inset-4 max-sm:inset-0 max-sm:rounded-none rounded-dialog",
};

export const OVERLAY = "animate-fade fixed inset-0 z-40 bg-[oklch(0.2_0.01_70/0.45)]";

/** A question in the middle of the page. Esc and a click beside it close it. */
export function Dialog({ open, onOpenChange, title, description, size = "small", footer, children }: DialogProps) {
  const { t } = useTranslation();
  const returnFocus = useReturnFocus();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={OVERLAY} />
        <Radix.Content
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
          onInteractOutside={keepOpenForToasts}
          {...returnFocus}
          // React events rise through portals: a form in here is not the form around it.
          onSubmit={(event) => event.stopPropagation()}
          className={clsx(
            "animate-appear fixed inset-x-0 z-50 mx-auto flex flex-col border border-line bg-raised text-text shadow-float outline-none",
            SIZES[size],
          )}
        >
          <DialogLayer value>
            <div className="flex items-start gap-3 p-5 pb-0">
              <div className="min-w-0 flex-1">
                <Radix.Title className="text-16 font-semibold">{title}</Radix.Title>
                {description !== undefined && <Radix.Description className="mt-1 text-muted">{description}</Radix.Description>}
              </div>
              {size !== "small" && (
                <Radix.Close asChild>
                  <IconButton label={t("common.close")} className="-mt-0.5 -mr-1.5">
                    <X size={16} strokeWidth={1.5} />
                  </IconButton>
                </Radix.Close>
              )}
            </div>
            <div className="min-h-0 flex-1 overflow-y-auto p-5 pt-4">{children}</div>
            {footer !== undefined && <div className="flex justify-end gap-2 border-t border-line px-5 py-3">{footer}</div>}
          </DialogLayer>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
