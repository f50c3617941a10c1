import { LogIn, Pencil, RefreshCw } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Switch } from "@/ui/switch";
import { showToast } from "@/ui/toast";
import { RemoveButton } from "./remove-button";
import { useToolsChanged, type ToolProvider } from "./tools-query";

const McpDialog = lazy(() => import("./mcp-dialog"));

interface McpActionsProps {
  provider: ToolProvider;
  administers: boolean;
  onGone: () => void;
}

/** Where an MCP server is, and what can be done with it: sign in, ask it again, change it, remove it. */
export function McpActions({ provider, administers, onGone }: McpActionsProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const changed = useToolsChanged();
  const [editing, setEditing] = useState(false);
  const [busy, setBusy] = useState<"refresh" | "auth" | "switch" | null>(null);
  const attempt = async (what: "refresh" | "auth" | "switch", work: () => Promise<unknown>) => {
    setBusy(what);
    try {
      await work();
    } catch (failure) {
      showToast("danger", errorText(failure));
    }
    await changed();
    setBusy(null);
  };
  const refresh = () =>
    attempt("refresh", async () => {
      const { tools } = await call(api.POST("/workspaces/current/tool-provider/mcp/update/{provider_id}", { params: { path: { provider_id: provider.id } } }));
      showToast("ok", t("tools.mcp.refreshed", { count: tools.length }));
    });
  const signIn = () =>
    attempt("auth", async () => {
      const { authorization_url: address } = await call(api.POST("/workspaces/current/tool-provider/mcp/auth", { body: { provider_id: provider.id } }));
      if (address != null) window.open(address, "_blank", "noopener");
    });
  return (
    <div className="flex flex-col gap-3">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        <dt className="text-muted">{t("tools.mcp.address")}</dt>
        <dd className="font-mono text-12 break-all">{provider.server_url}</dd>
        <dt className="text-muted">{t("tools.mcp.identifier")}</dt>
        <dd className="font-mono text-12 break-all">{provider.server_identifier}</dd>
      </dl>
      {administers && (
        <Switch
          label={t("tools.mcp.on")}
          hint={t("tools.mcp.onHint")}
          checked={provider.enabled !== false}
          onChange={(enabled) =>
            void attempt("switch", () => call(api.POST("/workspaces/current/tool-provider/mcp/switch", { body: { provider_id: provider.id, enabled } })))
          }
        />
      )}
      {administers && (
        <div className="flex flex-wrap gap-2">
          {!provider.is_team_authorization && (
            <Button size="small" variant="primary" busy={busy === "auth"} icon={<LogIn size={14} strokeWidth={1.5} />} onClick={() => void signIn()}>
              {t("tools.mcp.signIn")}
            </Button>
          )}
          <Button size="small" busy={busy === "refresh"} icon={<RefreshCw size={14} strokeWidth={1.5} />} onClick={() => void refresh()}>
            {t("tools.mcp.refresh")}
          </Button>
          <Button size="small" icon={<Pencil size={14} strokeWidth={1.5} />} onClick={() => setEditing(true)}>
            {t("tools.edit")}
          </Button>
          <RemoveButton
            name={provider.name}
            text={t("tools.mcp.removeText")}
            remove={() => call(api.DELETE("/workspaces/current/tool-provider/mcp", { body: { provider_id: provider.id } }))}
            onGone={onGone}
          />
        </div>
      )}
      <Suspense>{editing && <McpDialog server={provider} onClose={() => setEditing(false)} onSaved={() => setEditing(false)} />}</Suspense>
    </div>
  );
}
