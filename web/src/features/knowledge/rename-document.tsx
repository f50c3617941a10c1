import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextInput } from "@/ui/field";

const LONGEST = 255;

interface RenameDocumentProps {
  document: Schemas["DocumentShown"];
  /** Raises ApiError. */
  rename: (id: string, name: string) => Promise<void>;
  onClose: () => void;
}

export function RenameDocument({ document, rename, onClose }: RenameDocumentProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [name, setName] = useState(document.name);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const save = async (event: SyntheticEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await rename(document.id, name);
      onClose();
    } catch (failure) {
      setError(errorText(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("documents.renameTitle", { name: document.name })}
      footer={
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" type="submit" form="rename-document" busy={busy} disabled={name.trim() === ""}>
            {t("documents.rename")}
          </Button>
        </div>
      }
    >
      <form id="rename-document" onSubmit={(event) => void save(event)}>
        <Field id="document-name" label={t("knowledgeSetup.list.name")} error={error}>
          <TextInput {...fieldProps("document-name", error)} autoFocus maxLength={LONGEST} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
