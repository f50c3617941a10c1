import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Dialog } from "@/ui/dialog";
import { LoadFailed } from "@/ui/load-failed";
import { Address } from "./address";
import { KeyRow } from "./key-row";
import { useAppChange } from "./use-app-change";

type Key = Schemas["KeyShown"];

interface AppKeysProps {
  appId: string;
  /** May make keys. */
  editable: boolean;
  /** May take keys away. */
  administers: boolean;
}

/** The keys of an app's API: made, shown once, taken away. */
export function AppKeys({ appId, editable, administers }: AppKeysProps) {
  const { t } = useTranslation();
  const change = useAppChange(appId);
  const path = { app_id: appId };
  const keys = useQuery({
    queryKey: ["app-keys", appId],
    queryFn: async ({ signal }) => (await call(api.GET("/apps/{app_id}/api-keys", { params: { path }, signal }))).data,
  });
  const [made, setMade] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Key | null>(null);
  const create = () =>
    change(
      call(api.POST("/apps/{app_id}/api-keys", { params: { path }, body: null })).then((key) => {
        setMade(key.token ?? null);
      }),
    );
  if (keys.error !== null) return <LoadFailed error={keys.error} onRetry={keys.refetch} />;
  return (
    <>
      {keys.data?.length === 0 && <p className="text-muted">{t("publishing.noKeys")}</p>}
      <ul>
        {keys.data?.map((key) => (
          <li key={key.id}>
            <KeyRow appId={appId} apiKey={key} editable={editable} onRemove={administers ? () => setRemoving(key) : undefined} />
          </li>
        ))}
      </ul>
      {editable && (
        <Button size="small" className="self-start" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => void create()}>
          {t("publishing.newKey")}
        </Button>
      )}
      {made !== null && (
        <Dialog
          open
          onOpenChange={(open) => !open && setMade(null)}
          title={t("publishing.keyMade")}
          description={t("publishing.keyMadeHint")}
          footer={<Button onClick={() => setMade(null)}>{t("common.close")}</Button>}
        >
          <Address url={made} />
        </Dialog>
      )}
      {removing !== null && (
        <ConfirmDialog
          title={t("publishing.removeKeyTitle")}
          text={t("publishing.removeKeyText")}
          action={t("publishing.remove")}
          onClose={() => setRemoving(null)}
          onConfirm={() => change(api.DELETE("/apps/{app_id}/api-keys/{key_id}", { params: { path: { app_id: appId, key_id: removing.id } } }))}
        />
      )}
    </>
  );
}
