import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pencil, Workflow } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { Button, buttonClass } from "@/ui/button";
import { RemoveButton } from "./remove-button";
import type { ToolProvider } from "./tools-query";
import { workflowToolQuery } from "./workflow-tool";

const WorkflowToolDialog = lazy(() => import("./workflow-tool-dialog"));

interface WorkflowActionsProps {
  provider: ToolProvider;
  administers: boolean;
  onGone: () => void;
}

/** What can be done with a workflow that is a tool: open it, change the tool, let it be none any more. */
export function WorkflowActions({ provider, administers, onGone }: WorkflowActionsProps) {
  const { t } = useTranslation();
  const appId = provider.workflow_app_id ?? "";
  const { data: tool } = useQuery(workflowToolQuery(appId));
  const [editing, setEditing] = useState(false);
  return (
    <div className="flex flex-col gap-3">
      {tool?.synced === false && <p className="rounded-control bg-warn-soft px-3 py-2 text-warn">{t("tools.workflow.outdated")}</p>}
      <div className="flex flex-wrap gap-2">
        <Link to="/app/$appId/workflow" params={{ appId }} className={buttonClass("plain", "small")}>
          <Workflow aria-hidden size={14} strokeWidth={1.5} />
          {t("tools.workflow.open")}
        </Link>
        {administers && (
          <>
            <Button size="small" disabled={tool == null} icon={<Pencil size={14} strokeWidth={1.5} />} onClick={() => setEditing(true)}>
              {t("tools.edit")}
            </Button>
            <RemoveButton
              name={provider.name}
              text={t("tools.workflow.removeText")}
              remove={() => call(api.POST("/workspaces/current/tool-provider/workflow/delete", { body: { workflow_tool_id: provider.id } }))}
              onGone={onGone}
            />
          </>
        )}
      </div>
      <Suspense>{editing && tool != null && <WorkflowToolDialog app={{ id: appId, name: tool.label, description: tool.description }} tool={tool} onClose={() => setEditing(false)} />}</Suspense>
    </div>
  );
}
