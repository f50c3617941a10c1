import { AlertDialog as Radix } from "radix-ui";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button } from "./button";
import { OVERLAY } from "./dialog";
import { TextInput } from "./field";
import { useReturnFocus } from "./use-return-focus";

interface ConfirmDialogProps {
  onClose: () => void;
  title: string;
  text: ReactNode;
  /** The verb on the button: "Delete". */
  action: string;
  /** The word to type before the button works, for what would be a disaster by mistake. */
  word?: string;
  /** The dialog closes when it is done, and shows the error when it fails. */
  onConfirm: () => unknown;
}

/** Asks before what cannot be undone. For everything else: do it, and offer to undo. Mounted means open. */
export function ConfirmDialog({ onClose, title, text, action, word, onConfirm }: ConfirmDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const returnFocus = useReturnFocus();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [typed, setTyped] = useState("");
  const allowed = word === undefined || typed === word;
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Radix.Root open onOpenChange={(open) => !open && !busy && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={OVERLAY} />
        <Radix.Content {...returnFocus} className="animate-appear fixed inset-x-0 top-[16dvh] z-50 mx-auto w-[calc(100vw-32px)] max-w-105 rounded-dialog border border-line bg-raised p-5 text-text shadow-float outline-none">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              event.stopPropagation();
              if (allowed && !busy) void confirm();
            }}
          >
            <Radix.Title className="text-16 font-semibold">{title}</Radix.Title>
            <Radix.Description asChild>
              <div className="mt-1 text-muted">{text}</div>
            </Radix.Description>
            {word !== undefined && (
              <TextInput
                aria-label={t("common.typeToConfirm", { word })}
                placeholder={t("common.typeToConfirm", { word })}
                autoComplete="off"
                className="mt-3"
                value={typed}
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
            {error !== null && (
              <p role="alert" className="mt-3 text-danger">
                {errorText(error)}
              </p>
            )}
            <div className="mt-4 flex justify-end gap-2">
              <Radix.Cancel asChild>
                <Button disabled={busy}>{t("common.cancel")}</Button>
              </Radix.Cancel>
              <Button type="submit" variant="danger" busy={busy} disabled={!allowed}>
                {action}
              </Button>
            </div>
          </form>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
