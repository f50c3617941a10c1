import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextInput } from "@/ui/field";

export function RenameDialog({ name, onClose, onRename }: { name: string; onClose: () => void; onRename: (name: string) => void }) {
  const { t } = useTranslation();
  const [value, setValue] = useState(name);
  return (
    <Dialog open onOpenChange={onClose} title={t("chat.renameTitle")}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          onRename(value.trim());
          onClose();
        }}
      >
        <TextInput
          aria-label={t("chat.name")}
          value={value}
          maxLength={255}
          onFocus={(event) => event.target.select()}
          onChange={(event) => setValue(event.target.value)}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" variant="primary" disabled={value.trim() === ""}>
            {t("chat.rename")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function DeleteDialog({ name, onClose, onDelete }: { name: string; onClose: () => void; onDelete: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog open onOpenChange={onClose} title={t("chat.deleteTitle")} description={t("chat.deleteText", { name })}>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("common.cancel")}</Button>
        <Button
          variant="danger"
          onClick={() => {
            onDelete();
            onClose();
          }}
        >
          {t("common.delete")}
        </Button>
      </div>
    </Dialog>
  );
}
