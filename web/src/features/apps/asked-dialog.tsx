import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Checkbox } from "@/ui/checkbox";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import type { MenuApp } from "./app-menu";
import { useAppChanging, useAppMaking } from "./app-writes";
import { EditDialog } from "./edit-dialog";
import { SecretsDialog } from "./export-app";
import { looksOf } from "./looks";
import { LooksDialog } from "./looks-dialog";

/** What an app's menu asks about before it does it. */
export type Asked = "edit" | "copy" | "convert" | "delete" | { secrets: string[] };

interface AskedDialogProps {
  asked: Asked;
  app: MenuApp;
  onClose: () => void;
  onDeleted: (() => unknown) | undefined;
}

export default function AskedDialog({ asked, app, onClose, onDeleted }: AskedDialogProps) {
  const { t } = useTranslation();
  const { copy } = useAppMaking();
  const { remove } = useAppChanging();
  if (typeof asked === "object") return <SecretsDialog app={app} secrets={asked.secrets} onClose={onClose} />;
  switch (asked) {
    case "edit":
      return <EditDialog appId={app.id} onClose={onClose} />;
    case "copy":
      return (
        <LooksDialog
          onClose={onClose}
          title={t("apps.copy.title")}
          description={t("apps.copy.text")}
          action={t("apps.copy.action")}
          looks={{ ...looksOf(app), name: t("apps.copy.name", { name: app.name }) }}
          appId={app.id}
          onSend={(looks) => copy(app.id, looks)}
        />
      );
    case "convert":
      return <ConvertDialog app={app} onClose={onClose} />;
    case "delete":
      return (
        <ConfirmDialog
          onClose={onClose}
          title={t("apps.delete.title", { name: app.name })}
          text={t("apps.delete.text")}
          action={t("common.delete")}
          word={app.name}
          onConfirm={async () => {
            await remove(app.id);
            await onDeleted?.();
          }}
        />
      );
  }
}

function ConvertDialog({ app, onClose }: { app: MenuApp; onClose: () => void }) {
  const { t } = useTranslation();
  const { convert } = useAppMaking();
  const [deleteOriginal, setDeleteOriginal] = useState(false);
  const kind = t(`apps.modes.${app.mode === "chat" ? "advanced-chat" : "workflow"}`);
  return (
    <LooksDialog
      onClose={onClose}
      title={t("apps.convert.title")}
      description={t("apps.convert.text", { kind })}
      action={t("apps.convert.action")}
      looks={{ ...looksOf(app), name: t("apps.convert.name", { name: app.name, kind }) }}
      appId={app.id}
      onSend={(looks) => convert(app.id, looks, deleteOriginal)}
    >
      <div>
        <Checkbox checked={deleteOriginal} onChange={setDeleteOriginal} label={t("apps.convert.delete")} />
        {deleteOriginal && <p className="mt-1 ml-6 text-12 text-danger">{t("apps.convert.deleteHint")}</p>}
      </div>
    </LooksDialog>
  );
}
