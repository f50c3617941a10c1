import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useAccount } from "@/features/account/account-context";
import { mayAdminister } from "@/features/account/roles";
import { Address } from "@/features/publish/address";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Dialog } from "@/ui/dialog";
import { showToast } from "@/ui/toast";
import { Time } from "@/ui/time";

type Key = Schemas["DatasetKey"];

const KEY = ["datasets", "keys"];

/** The keys that open knowledge bases to programs: all, or those that open one base. New ones are for that base, or for all. */
export function Keys({ baseId = null }: { baseId?: string | null }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const administers = mayAdminister(useAccount().role);
  const [made, setMade] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Key | null>(null);
  const keys = useQuery({ queryKey: KEY, queryFn: async ({ signal }) => (await call(api.GET("/datasets/api-keys", { signal }))).data });
  const shown = (keys.data ?? []).filter((key) => baseId === null || key.dataset_id === null || key.dataset_id === baseId);
  const names = useBaseNames(shown);
  const refresh = () => queries.invalidateQueries({ queryKey: KEY });
  const create = async () => {
    try {
      const key = await call(api.POST("/datasets/api-keys", { body: { dataset_id: baseId } }));
      setMade(key.token ?? null);
      await refresh();
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  if (keys.error !== null) return <p className="text-danger">{errorText(keys.error)}</p>;
  return (
    <div className="flex flex-col gap-3">
      {keys.data !== undefined && shown.length === 0 && <p className="text-muted">{t("knowledgeSetup.keysOf.none")}</p>}
      <ul aria-label={t("knowledgeSetup.keysOf.title")} className="rounded-card border border-line bg-surface empty:hidden">
        {shown.map((key) => (
          <li key={key.id} className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1 last:border-b-0">
            <span className="font-mono text-12">dataset-…{key.last_characters}</span>
            <Badge tone={key.dataset_id === null ? "plain" : "accent"}>
              {key.dataset_id === null ? t("knowledgeSetup.keysOf.all") : (names.get(key.dataset_id) ?? t("knowledgeSetup.keysOf.one"))}
            </Badge>
            <span className="min-w-32 flex-1 truncate text-end text-12 text-muted">
              {key.last_used_at === null ? t("knowledgeSetup.keysOf.unused") : <>{t("knowledgeSetup.keysOf.used")} <Time at={key.last_used_at} /></>}
            </span>
            {administers && (
              <IconButton label={t("knowledgeSetup.keysOf.remove", { end: key.last_characters })} onClick={() => setRemoving(key)}>
                <Trash2 size={16} strokeWidth={1.5} />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
      {administers ? (
        <Button className="self-start" icon={<Plus size={16} strokeWidth={1.5} />} onClick={() => void create()}>
          {t(baseId === null ? "knowledgeSetup.keysOf.newForAll" : "knowledgeSetup.keysOf.newForOne")}
        </Button>
      ) : (
        <p className="text-12 text-muted">{t("knowledgeSetup.keysOf.byAdministrators")}</p>
      )}
      {made !== null && (
        <Dialog open onOpenChange={(open) => !open && setMade(null)} title={t("knowledgeSetup.keysOf.made")} description={t("knowledgeSetup.keysOf.madeHint")}>
          <Address url={made} />
        </Dialog>
      )}
      {removing !== null && (
        <ConfirmDialog
          title={t("knowledgeSetup.keysOf.removeTitle", { end: removing.last_characters })}
          text={t("knowledgeSetup.keysOf.removeText")}
          action={t("knowledgeSetup.list.removeAction")}
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            await call(api.DELETE("/datasets/api-keys/{key_id}", { params: { path: { key_id: removing.id } } }));
            await refresh();
          }}
        />
      )}
    </div>
  );
}

/** What the bases are called that keys open one of. */
function useBaseNames(keys: readonly Key[]): ReadonlyMap<string, string> {
  const ids = [...new Set(keys.flatMap((key) => key.dataset_id ?? []))].sort();
  const bases = useQuery({
    queryKey: ["datasets", "names", ids],
    enabled: ids.length > 0,
    queryFn: async ({ signal }) => (await call(api.GET("/datasets", { params: { query: { ids, limit: 100 } }, signal }))).data,
  });
  return new Map(bases.data?.map((base) => [base.id, base.name]));
}
