import { Pencil } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { Button } from "@/ui/button";
import { RemoveButton } from "../remove-button";
import type { ToolProvider } from "../tools-query";

const ApiDialog = lazy(() => import("./api-dialog"));

interface ApiActionsProps {
  provider: ToolProvider;
  administers: boolean;
  onGone: () => void;
}

/** What can be done with an API: change and try it, remove it. */
export function ApiActions({ provider, administers, onGone }: ApiActionsProps) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  if (!administers) return null;
  return (
    <div className="flex flex-wrap gap-2">
      <Button size="small" icon={<Pencil size={14} strokeWidth={1.5} />} onClick={() => setEditing(true)}>
        {t("tools.editAndTry")}
      </Button>
      <RemoveButton
        name={provider.name}
        text={t("tools.removeApi")}
        remove={() => call(api.POST("/workspaces/current/tool-provider/api/delete", { body: { provider: provider.name } }))}
        onGone={onGone}
      />
      <Suspense>{editing && <ApiDialog name={provider.name} onClose={() => setEditing(false)} onSaved={() => setEditing(false)} />}</Suspense>
    </div>
  );
}
