import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Activity, Pencil, Plus, Puzzle, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Empty, Skeleton } from "@/ui/empty";
import { LoadFailed } from "@/ui/load-failed";
import { showToast } from "@/ui/toast";
import ExtensionDialog from "./extension-dialog";
import { extensionsQuery, UNCHANGED_KEY, type Extension } from "./extensions-query";

const SIGN = { size: 16, strokeWidth: 1.5 };

/** The endpoints that apps ask for moderation and for values of variables. */
export default function ExtensionsSection() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(extensionsQuery);
  const [editing, setEditing] = useState<Extension | "new" | null>(null);
  const [removing, setRemoving] = useState<Extension | null>(null);
  const close = () => setEditing(null);
  const add = (
    <Button variant="primary" icon={<Plus {...SIGN} />} onClick={() => setEditing("new")}>
      {t("extensions.title")}
    </Button>
  );
  const remove = async (extension: Extension) => {
    await call(api.DELETE("/api-based-extension/{extension_id}", { params: { path: { extension_id: extension.id } } }));
    await queries.invalidateQueries({ queryKey: extensionsQuery.queryKey });
  };
  if (error !== null) return <LoadFailed error={error} onRetry={refetch} />;
  if (data === undefined) return <Skeleton className="h-40 w-full" />;
  return (
    <div className="flex flex-col gap-4">
      {data.length === 0 ? (
        <Empty icon={<Puzzle size={28} strokeWidth={1.5} />} title={t("extensions.none")} text={t("extensions.about")} action={add} />
      ) : (
        <>
          <p className="text-muted">{t("extensions.about")}</p>
          <ul className="divide-y divide-line rounded-card border border-line bg-surface">
            {data.map((extension) => (
              <ExtensionRow key={extension.id} extension={extension} onEdit={() => setEditing(extension)} onRemove={() => setRemoving(extension)} />
            ))}
          </ul>
          <div>{add}</div>
        </>
      )}
      {editing !== null && <ExtensionDialog {...(editing === "new" ? {} : { extension: editing })} onClose={close} onSaved={close} />}
      {removing !== null && (
        <ConfirmDialog
          title={t("common.remove", { name: removing.name })}
          text={t("extensions.removeText")}
          action={t("common.delete")}
          onClose={() => setRemoving(null)}
          onConfirm={() => remove(removing)}
        />
      )}
    </div>
  );
}

interface ExtensionRowProps {
  extension: Extension;
  onEdit: () => void;
  onRemove: () => void;
}

function ExtensionRow({ extension, onEdit, onRemove }: ExtensionRowProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [busy, setBusy] = useState(false);
  const { id, name, api_endpoint } = extension;
  // Saving what is kept calls the endpoint once more.
  const check = async () => {
    setBusy(true);
    try {
      await call(api.POST("/api-based-extension/{extension_id}", { params: { path: { extension_id: id } }, body: { name, api_endpoint, api_key: UNCHANGED_KEY } }));
      showToast("ok", t("extensions.answers", { name }));
    } catch (failure) {
      showToast("danger", errorText(failure));
    }
    setBusy(false);
  };
  return (
    <li className="flex items-center gap-1 py-2 ps-4 pe-2">
      <span className="min-w-0 flex-1 pe-2">
        <span className="block truncate font-medium">{name}</span>
        <span className="block truncate font-mono text-12 text-muted">{api_endpoint}</span>
      </span>
      <IconButton label={t("extensions.checkNamed", { name })} disabled={busy} onClick={() => void check()}>
        <Activity {...SIGN} />
      </IconButton>
      <IconButton label={t("extensions.editNamed", { name })} onClick={onEdit}>
        <Pencil {...SIGN} />
      </IconButton>
      <IconButton label={t("common.remove", { name })} onClick={onRemove}>
        <Trash2 {...SIGN} />
      </IconButton>
    </li>
  );
}
