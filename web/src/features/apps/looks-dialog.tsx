import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { LookFields } from "./look-fields";
import type { Looks } from "./looks";
import { SendForm } from "./send-form";

interface LooksDialogProps {
  onClose: () => void;
  title: string;
  description?: string;
  /** The verb on the button. */
  action: string;
  looks: Looks;
  appId?: string | undefined;
  withDescription?: boolean;
  /** The dialog closes when it is done, and shows the error when it fails. */
  onSend: (looks: Looks) => Promise<unknown>;
  /** Further fields. */
  children?: ReactNode;
}

const FORM = "app-looks";

/** Asks how an app is to be called and to look. Mounted means open. */
export function LooksDialog({ onClose, title, description, action, looks: first, appId, withDescription = false, onSend, children }: LooksDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [looks, setLooks] = useState(first);
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = async () => {
    const name = looks.name.trim();
    setMissing(name === "");
    if (name === "" || busy) return;
    setBusy(true);
    setError(null);
    try {
      await onSend({ ...looks, name });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      {...(description === undefined ? {} : { description })}
      size="medium"
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" form={FORM} variant="primary" busy={busy}>
            {action}
          </Button>
        </>
      }
    >
      <SendForm id={FORM} onSend={() => void send()} className="flex flex-col gap-4">
        <LookFields
          value={looks}
          onChange={setLooks}
          pictureUrl={appId === undefined ? undefined : `/console/api/apps/${appId}/icon`}
          withDescription={withDescription}
          nameError={missing && looks.name.trim() === "" ? t("apps.looks.nameMissing") : undefined}
        />
        {children}
        {error !== null && (
          <p role="alert" className="text-danger">
            {errorText(error)}
          </p>
        )}
      </SendForm>
    </Dialog>
  );
}
