import { Link } from "@tanstack/react-router";
import { Pencil, ScrollText, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { Button, IconButton } from "@/ui/button";
import { TextInput } from "@/ui/field";
import { Time } from "@/ui/time";
import { useAppChange } from "./use-app-change";

interface KeyRowProps {
  appId: string;
  apiKey: Schemas["KeyShown"];
  /** May call it by another name, and read the log. */
  editable: boolean;
  /** Takes it away; without it nobody may. */
  onRemove: (() => void) | undefined;
}

/** A key of an app's API: its name, when it was last used, and the way to what it was used for. */
export function KeyRow({ appId, apiKey, editable, onRemove }: KeyRowProps) {
  const { t } = useTranslation();
  const change = useAppChange(appId);
  const [name, setName] = useState<string | null>(null);
  const end = apiKey.last_characters;
  if (name !== null) {
    const save = async () => {
      await change(call(api.PATCH("/apps/{app_id}/api-keys/{key_id}", { params: { path: { app_id: appId, key_id: apiKey.id } }, body: { name } })));
      setName(null);
    };
    return (
      <form
        className="flex min-h-9 items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextInput aria-label={t("publishing.keyName")} placeholder={t("publishing.keyNameHint")} maxLength={255} autoFocus value={name} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" size="small" variant="primary">
          {t("publishing.saveName")}
        </Button>
        <Button size="small" onClick={() => setName(null)}>
          {t("common.cancel")}
        </Button>
      </form>
    );
  }
  return (
    <div className="flex min-h-9 items-center gap-2">
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline gap-2">
          <span className="truncate">{apiKey.name === "" ? t("publishing.unnamed") : apiKey.name}</span>
          <span className="font-mono text-12 text-muted">app-…{end}</span>
        </span>
        <span className="block truncate text-12 text-muted">
          {apiKey.last_used_at === null ? t("publishing.neverUsed") : <>{t("publishing.lastUsed")} <Time at={apiKey.last_used_at} /></>}
        </span>
      </span>
      {editable && (
        <>
          <Link to="/app/$appId/logs" params={{ appId }} search={{ key: apiKey.id, period: "all" }} aria-label={t("publishing.keyLog")} title={t("publishing.keyLog")} className="touch-target inline-flex size-7 items-center justify-center rounded-control text-muted hover:bg-sunken hover:text-text">
            <ScrollText size={16} strokeWidth={1.5} />
          </Link>
          <IconButton label={t("publishing.renameKey", { end })} onClick={() => setName(apiKey.name)}>
            <Pencil size={16} strokeWidth={1.5} />
          </IconButton>
        </>
      )}
      {onRemove !== undefined && (
        <IconButton label={t("publishing.removeKey", { end })} onClick={onRemove}>
          <Trash2 size={16} strokeWidth={1.5} />
        </IconButton>
      )}
    </div>
  );
}
