import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, RefreshCw } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Switch } from "@/ui/switch";
import { showToast } from "@/ui/toast";
import { Address } from "./address";
import { servedQuery } from "./served";

const McpServedDialog = lazy(() => import("./mcp-served-dialog"));

interface McpCardProps {
  app: { id: string; description: string; published_version_id: string | null };
  editable: boolean;
}

/** The app as a tool of MCP clients: its secret address, on or off. */
export function McpCard({ app, editable }: McpCardProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const { data: served, error } = useQuery(servedQuery(app.id));
  const [opened, setOpened] = useState<"edit" | "renew" | null>(null);
  const params = { path: { app_id: app.id } };
  const close = () => setOpened(null);
  const read = () => queries.invalidateQueries({ queryKey: servedQuery(app.id).queryKey });
  const on = served?.status === "active";
  const toggle = async (active: boolean) => {
    try {
      await (served == null
        ? call(api.POST("/apps/{app_id}/server", { params, body: { description: app.description } }))
        : call(api.PUT("/apps/{app_id}/server", { params, body: { status: active ? "active" : "inactive" } })));
    } catch (failure) {
      showToast("danger", errorText(failure));
    }
    await read();
  };
  const renew = async () => {
    await call(api.POST("/apps/{app_id}/server/refresh", { params }));
    await read();
  };
  return (
    <section aria-label={t("publishing.mcp.title")} className="flex min-w-0 flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <div className="flex items-center gap-2">
        <h2 className="flex-1 font-medium">{t("publishing.mcp.title")}</h2>
        <Switch
          label={t(on ? "publishing.on" : "publishing.off")}
          checked={on}
          disabled={!editable || served === undefined || (app.published_version_id === null && !on)}
          onChange={(active) => void toggle(active)}
        />
      </div>
      <p className="text-muted">{t("publishing.mcp.hint")}</p>
      {error !== null && <p className="text-danger">{errorText(error)}</p>}
      {on && (
        <>
          <div className="flex items-center gap-1">
            <Address url={served.server_url} />
            {editable && (
              <IconButton label={t("publishing.mcp.renew")} onClick={() => setOpened("renew")}>
                <RefreshCw size={16} strokeWidth={1.5} />
              </IconButton>
            )}
          </div>
          {editable && (
            <Button size="small" className="self-start" icon={<Pencil size={14} strokeWidth={1.5} />} onClick={() => setOpened("edit")}>
              {t("publishing.mcp.describe")}
            </Button>
          )}
        </>
      )}
      <Suspense>{opened === "edit" && served != null && <McpServedDialog served={served} onClose={close} />}</Suspense>
      {opened === "renew" && (
        <ConfirmDialog title={t("publishing.mcp.renew")} text={t("publishing.mcp.renewText")} action={t("publishing.renewAction")} onClose={close} onConfirm={renew} />
      )}
    </section>
  );
}
