import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Field, TextInput } from "@/ui/field";
import { Switch } from "@/ui/switch";

const KEY = ["data-sources", "notion"];

interface Info {
  workspace_name?: string;
  total?: number;
}

/** What Notion sent the browser back with, taken out of the address; null when it did not. */
function takeReturned() {
  const given = new URLSearchParams(window.location.search);
  const code = given.get("code");
  if (given.get("type") !== "notion" || code === null) return null;
  window.history.replaceState(window.history.state, "", window.location.pathname);
  return { code, state: given.get("state") ?? "" };
}

/** The Notion workspaces that pages can be taken from. */
export function NotionWorkspaces({ editable }: { editable: boolean }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const found = useQuery({ queryKey: KEY, queryFn: async ({ signal }) => (await call(api.GET("/data-source/integrates", { signal }))).data });
  const change = useMutation({ mutationFn: (work: () => Promise<unknown>) => work(), onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) });
  const [asking, setAsking] = useState(false);
  const [token, setToken] = useState("");
  const connect = async () => {
    const { data: address } = await call(api.GET("/oauth/data-source/notion"));
    if (address !== "internal") window.location.assign(address);
  };
  useEffect(() => {
    const returned = takeReturned();
    if (returned === null) return;
    change.mutate(() => call(api.POST("/oauth/data-source/binding/notion", { body: returned })));
    // Once: what Notion sent along works a single time.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  const error = found.error ?? change.error;
  return (
    <section className="flex flex-col gap-3">
      <div className="flex items-center gap-3">
        <h3 className="flex-1 text-16 font-semibold">Notion</h3>
        {editable && (
          <>
            <Button size="small" aria-expanded={asking} onClick={() => setAsking(!asking)}>
              {t("knowledgeSetup.notion.byToken")}
            </Button>
            <Button size="small" busy={change.isPending} onClick={() => change.mutate(connect)}>
              {t("knowledgeSetup.notion.connect")}
            </Button>
          </>
        )}
      </div>
      {asking && (
        <form
          className="flex flex-col gap-3 rounded-card border border-line bg-surface p-3"
          onSubmit={(event) => {
            event.preventDefault();
            change.mutate(async () => {
              await call(api.POST("/oauth/data-source/notion/token", { body: { token } }));
              setToken("");
              setAsking(false);
            });
          }}
        >
          <Field id="notion-token" label={t("knowledgeSetup.notion.token")} hint={t("knowledgeSetup.notion.tokenHint")}>
            <TextInput id="notion-token" type="password" autoComplete="off" autoFocus value={token} onChange={(event) => setToken(event.target.value)} />
          </Field>
          <Button type="submit" variant="primary" size="small" className="self-start" busy={change.isPending} disabled={token.trim() === ""}>
            {t("knowledgeSetup.keys.save")}
          </Button>
        </form>
      )}
      {error !== null && <p className="text-danger">{errorText(error)}</p>}
      {found.data?.length === 0 && <p className="text-muted">{t("knowledgeSetup.notion.none")}</p>}
      {found.data?.map((workspace) => {
        const info = workspace.source_info as Info;
        const name = info.workspace_name ?? "Notion";
        return (
          <div key={workspace.id} className="flex flex-wrap items-center gap-3 rounded-card border border-line bg-surface p-3">
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{name}</span>
              <span className="tabular text-12 text-muted">{t("knowledgeSetup.notion.granted", { total: info.total ?? 0 })}</span>
            </span>
            {editable && (
              <>
                <Button size="small" onClick={() => change.mutate(() => api.POST("/oauth/data-source/notion/{binding_id}/sync", { params: { path: { binding_id: workspace.id } } }))}>
                  {t("knowledgeSetup.notion.sync")}
                </Button>
                <Switch
                  bare
                  label={t("knowledgeSetup.notion.use", { name })}
                  checked={!workspace.disabled}
                  onChange={(on) =>
                    change.mutate(() => api.PATCH("/data-source/integrates/{binding_id}/{action}", { params: { path: { binding_id: workspace.id, action: on ? "enable" : "disable" } } }))
                  }
                />
              </>
            )}
          </div>
        );
      })}
    </section>
  );
}
