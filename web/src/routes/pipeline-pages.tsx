import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { mayEdit } from "@/features/account/roles";
import { CanvasPage } from "@/features/knowledge/pipelines/canvas-page";

const pipeline = getRouteApi("/console/datasets/$baseId/pipeline");

export function PipelineRoute() {
  const { account } = pipeline.useRouteContext();
  const { baseId } = pipeline.useParams();
  const { node } = pipeline.useSearch();
  const navigate = pipeline.useNavigate();
  const onNode = useCallback(
    (id: string | null) => void navigate({ search: { node: id ?? undefined }, replace: true, resetScroll: false }),
    [navigate],
  );
  return mayEdit(account.role) ? <CanvasPage key={baseId} baseId={baseId} account={account} nodeId={node ?? null} onNode={onNode} /> : null;
}
