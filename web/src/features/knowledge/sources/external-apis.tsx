import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { LoadFailed } from "@/ui/load-failed";
import { SecretInput } from "@/ui/secret-input";
import { showToast } from "@/ui/toast";

type Api = Schemas["ExternalApiShown"];
const KEY = ["data-sources", "external"];

/** Servers elsewhere that keep knowledge and answer searches. */
export function ExternalApis({ removable }: { removable: boolean }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [edited, setEdited] = useState<Api | "new" | null>(null);
  const [removing, setRemoving] = useState<Api | null>(null);
  const apis = useQuery({ queryKey: KEY, queryFn: async ({ signal }) => (await call(api.GET("/datasets/external-knowledge-api", { params: { query: { limit: 100 } }, signal }))).data });
  const remove = async (each: Api) => {
    try {
      await api.DELETE("/datasets/external-knowledge-api/{api_id}", { params: { path: { api_id: each.id } } });
      await queries.invalidateQueries({ queryKey: KEY });
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  return (
    <section className="flex flex-col gap-3">
      <div className="flex items-center gap-3">
        <h3 className="flex-1 text-16 font-semibold">{t("knowledgeSetup.external.title")}</h3>
        <Button size="small" onClick={() => setEdited("new")}>
          {t("knowledgeSetup.external.add")}
        </Button>
      </div>
      {apis.error !== null && <LoadFailed error={apis.error} onRetry={apis.refetch} />}
      {apis.data?.length === 0 && <p className="text-muted">{t("knowledgeSetup.external.none")}</p>}
      {apis.data?.map((each) => (
        <div key={each.id} className="flex items-center gap-2 rounded-card border border-line bg-surface p-3">
          <span className="min-w-0 flex-1">
            <span className="block truncate font-medium">{each.name}</span>
            <span className="block truncate text-12 text-muted">{each.settings.endpoint}</span>
            <span className="text-12 text-muted">{t("knowledgeSetup.external.uses", { count: each.dataset_bindings.length })}</span>
          </span>
          <IconButton label={t("knowledgeSetup.external.edit", { name: each.name })} onClick={() => setEdited(each)}>
            <Pencil size={16} strokeWidth={1.5} />
          </IconButton>
          {removable && (
            <IconButton label={t("knowledgeSetup.list.remove", { name: each.name })} disabled={each.dataset_bindings.length > 0} onClick={() => setRemoving(each)}>
              <Trash2 size={16} strokeWidth={1.5} />
            </IconButton>
          )}
        </div>
      ))}
      {edited !== null && <ApiDialog edited={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
      {removing !== null && (
        <ConfirmDialog title={t("knowledgeSetup.list.removeTitle", { name: removing.name })} text={t("knowledgeSetup.external.removeText")} action={t("knowledgeSetup.list.removeAction")} onClose={() => setRemoving(null)} onConfirm={() => remove(removing)} />
      )}
    </section>
  );
}

/** The server is called before it is kept: that is its test. */
function ApiDialog({ edited, onClose }: { edited: Api | null; onClose: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [name, setName] = useState(edited?.name ?? "");
  const [endpoint, setEndpoint] = useState(edited?.settings.endpoint ?? "");
  const [key, setKey] = useState(edited?.settings.api_key ?? "");
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), description: edited?.description ?? "", settings: { endpoint: endpoint.trim(), api_key: key.trim() } };
      return edited === null
        ? call(api.POST("/datasets/external-knowledge-api", { body }))
        : call(api.PATCH("/datasets/external-knowledge-api/{api_id}", { params: { path: { api_id: edited.id } }, body }));
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: KEY });
      onClose();
    },
  });
  const error = save.error === null ? undefined : errorText(save.error);
  const complete = name.trim() !== "" && endpoint.trim() !== "" && key.trim() !== "";
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={edited === null ? t("knowledgeSetup.external.add") : t("knowledgeSetup.external.edit", { name: edited.name })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" busy={save.isPending} disabled={!complete} onClick={() => save.mutate()}>
            {t("knowledgeSetup.external.save")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field id="api-name" label={t("knowledgeSetup.list.name")}>
          <TextInput id="api-name" maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field id="api-endpoint" label={t("knowledgeSetup.external.endpoint")} hint={t("knowledgeSetup.external.endpointHint")} error={error}>
          <TextInput {...fieldProps("api-endpoint", error)} type="url" value={endpoint} onChange={(event) => setEndpoint(event.target.value)} />
        </Field>
        <Field id="api-key" label={t("knowledgeSetup.keys.key")}>
          <SecretInput id="api-key" value={key} onChange={(event) => setKey(event.target.value)} />
        </Field>
      </div>
    </Dialog>
  );
}
