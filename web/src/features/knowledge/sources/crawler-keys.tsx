import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { SecretInput } from "@/ui/secret-input";

const KEY = ["data-sources", "keys"];
const CRAWLERS = [
  { id: "firecrawl", name: "Firecrawl", base: true },
  { id: "jinareader", name: "Jina Reader", base: false },
  { id: "watercrawl", name: "WaterCrawl", base: true },
] as const;

/** Keys of crawling services. A key is tried before it is kept, and never shown again. */
export function CrawlerKeys({ editable }: { editable: boolean }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [open, setOpen] = useState<string | null>(null);
  const keys = useQuery({ queryKey: KEY, queryFn: async ({ signal }) => (await call(api.GET("/api-key-auth/data-source", { signal }))).sources });
  const remove = useMutation({
    mutationFn: (binding_id: string) => api.DELETE("/api-key-auth/data-source/{binding_id}", { params: { path: { binding_id } } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <section className="flex flex-col gap-3">
      <h3 className="text-16 font-semibold">{t("knowledgeSetup.keys.title")}</h3>
      <p className="text-muted">{t("knowledgeSetup.keys.text")}</p>
      {(keys.error ?? remove.error) !== null && <p className="text-danger">{errorText(keys.error ?? remove.error)}</p>}
      {CRAWLERS.map(({ id, name, base }) => {
        const kept = keys.data?.find((each) => each.provider === id);
        return (
          <div key={id} className="flex flex-col gap-3 rounded-card border border-line bg-surface p-3">
            <div className="flex flex-wrap items-center gap-3">
              <span className="flex-1 font-medium">{name}</span>
              {kept !== undefined && <Badge tone="ok">{t("knowledgeSetup.keys.active")}</Badge>}
              {editable && kept !== undefined && (
                <Button size="small" aria-label={t("knowledgeSetup.keys.removeOf", { name })} onClick={() => remove.mutate(kept.id)}>
                  {t("knowledgeSetup.keys.remove")}
                </Button>
              )}
              {editable && kept === undefined && open !== id && (
                <Button size="small" aria-label={t("knowledgeSetup.keys.addOf", { name })} onClick={() => setOpen(id)}>
                  {t("knowledgeSetup.keys.add")}
                </Button>
              )}
            </div>
            {open === id && kept === undefined && <KeyForm provider={id} base={base} onClose={() => setOpen(null)} />}
          </div>
        );
      })}
    </section>
  );
}

function KeyForm({ provider, base, onClose }: { provider: string; base: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [key, setKey] = useState("");
  const [address, setAddress] = useState("");
  const keep = useMutation({
    mutationFn: () =>
      api.POST("/api-key-auth/data-source/binding", { body: { category: "website", provider, credentials: { auth_type: "bearer", config: { api_key: key.trim(), base_url: address.trim() } } } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: KEY });
      onClose();
    },
  });
  const error = keep.error === null ? undefined : errorText(keep.error);
  return (
    <form
      className="flex max-w-120 flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        keep.mutate();
      }}
    >
      <Field id={`${provider}-key`} label={t("knowledgeSetup.keys.key")} error={error}>
        <SecretInput {...fieldProps(`${provider}-key`, error)} value={key} onChange={(event) => setKey(event.target.value)} />
      </Field>
      {base && (
        <Field id={`${provider}-base`} label={t("knowledgeSetup.keys.base")} hint={t("knowledgeSetup.keys.baseHint")} optional>
          <TextInput id={`${provider}-base`} type="url" value={address} onChange={(event) => setAddress(event.target.value)} />
        </Field>
      )}
      <div className="flex gap-2">
        <Button onClick={onClose}>{t("common.cancel")}</Button>
        <Button type="submit" variant="primary" busy={keep.isPending} disabled={key.trim() === ""}>
          {t("knowledgeSetup.keys.save")}
        </Button>
      </div>
    </form>
  );
}
