import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { withTexts } from "@/i18n/i18n";
import type { ToolApp } from "@/features/tools/workflow-tool-dialog";
import { workflowToolQuery } from "@/features/tools/workflow-tool";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";

const WorkflowToolDialog = lazy(() => withTexts("tools", import("@/features/tools/workflow-tool-dialog")));

interface ToolCardProps {
  app: ToolApp & { published_version_id: string | null };
  administers: boolean;
}

/** A workflow as a tool of the agents and workflows of its workspace. */
export function ToolCard({ app, administers }: ToolCardProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { data: tool, error } = useQuery(workflowToolQuery(app.id));
  const [editing, setEditing] = useState(false);
  return (
    <section aria-label={t("publishing.tool.title")} className="flex min-w-0 flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <div className="flex items-center gap-2">
        <h2 className="flex-1 font-medium">{t("publishing.tool.title")}</h2>
        {tool != null && <Badge tone={tool.synced ? "ok" : "warn"}>{t(tool.synced ? "publishing.tool.configured" : "publishing.tool.outdated")}</Badge>}
      </div>
      <p className="text-muted">{t(tool?.synced === false ? "publishing.tool.outdatedHint" : "publishing.tool.hint")}</p>
      {error !== null && <p className="text-danger">{errorText(error)}</p>}
      {administers && (
        <Button size="small" className="self-start" disabled={tool === undefined || app.published_version_id === null} onClick={() => setEditing(true)}>
          {t(tool == null ? "publishing.tool.configure" : "publishing.tool.change")}
        </Button>
      )}
      <Suspense>{editing && tool !== undefined && <WorkflowToolDialog app={app} tool={tool} onClose={() => setEditing(false)} />}</Suspense>
    </section>
  );
}
