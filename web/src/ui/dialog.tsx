import { X } from "lucide-react";
import { useEffect, useId, useRef, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: string;
  children: ReactNode;
}

/** A question in the middle of the page. Esc and a click beside it close it. */
export function Dialog({ title, description, children, ...rest }: DialogProps) {
  const id = useId();
  return (
    <Modal
      {...rest}
      labelledBy={id}
      className="animate-appear fixed inset-x-0 top-[20dvh] mx-auto w-[calc(100vw-32px)] max-w-105 rounded-dialog border border-line bg-raised p-5 text-text shadow-float"
    >
      <h2 id={id} className="text-16 font-semibold">
        {title}
      </h2>
      {description !== undefined && <p className="mt-1 text-muted">{description}</p>}
      <div className="mt-4">{children}</div>
    </Modal>
  );
}

/** A panel from the left edge: navigation on phones. */
export function Drawer({ title, children, ...rest }: Omit<DialogProps, "description">) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <Modal
      {...rest}
      labelledBy={id}
      className="animate-fade fixed inset-y-0 left-0 flex h-dvh max-h-none w-[min(300px,86vw)] flex-col border-r border-line bg-bg pb-[env(safe-area-inset-bottom)] text-text"
    >
      <h2 id={id} className="sr-only">
        {title}
      </h2>
      <IconButton label={t("common.close")} className="absolute top-2 right-2 pointer-coarse:top-0.5" onClick={() => rest.onOpenChange(false)}>
        <X size={16} strokeWidth={1.5} />
      </IconButton>
      {children}
    </Modal>
  );
}

interface ModalProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  labelledBy: string;
  className: string;
  children: ReactNode;
}

/** The browser's own modal dialog: it traps focus and makes the rest of the page inert. */
function Modal({ open, onOpenChange, labelledBy, className, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (!open) return;
    const opener = document.activeElement;
    dialog.current?.showModal();
    // A dialog that leaves the page with its content does not give focus back by itself.
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, [open]);
  if (!open) return null;
  return createPortal(
    <dialog
      ref={dialog}
      aria-labelledby={labelledBy}
      className={`${className} outline-none backdrop:bg-[oklch(0.2_0.01_70/0.45)]`}
      onCancel={(event) => {
        event.preventDefault();
        onOpenChange(false);
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onOpenChange(false);
      }}
      // React events rise through portals: a form in here is not the form around it.
      onSubmit={(event) => event.stopPropagation()}
    >
      {children}
    </dialog>,
    document.body,
  );
}
