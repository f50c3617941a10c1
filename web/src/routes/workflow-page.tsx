import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { mayEdit } from "@/features/account/roles";
import { WorkflowPage } from "@/features/workflow/workflow-page";

const workflow = getRouteApi("/console/app/$appId/workflow");

export function WorkflowEditorPage() {
  const { account } = workflow.useRouteContext();
  const { appId } = workflow.useParams();
  const { node } = workflow.useSearch();
  const navigate = workflow.useNavigate();
  const onNode = useCallback(
    (id: string | null) => void navigate({ search: { node: id ?? undefined }, replace: true, resetScroll: false }),
    [navigate],
  );
  return (
    <WorkflowPage key={appId} appId={appId} account={account} editable={mayEdit(account.role)} nodeId={node ?? null} onNode={onNode} />
  );
}
