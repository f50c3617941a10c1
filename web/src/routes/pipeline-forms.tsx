import { getRouteApi } from "@tanstack/react-router";
import { mayEdit } from "@/features/account/roles";
import { CreatePage } from "@/features/knowledge/pipelines/create-page";
import { RunPage } from "@/features/knowledge/pipelines/run-page";

const run = getRouteApi("/console/datasets/$baseId/run");

export function CreatePipelineRoute() {
  return <CreatePage />;
}

export function RunPipelineRoute() {
  const { account } = run.useRouteContext();
  const { baseId } = run.useParams();
  return <RunPage key={baseId} baseId={baseId} editable={mayEdit(account.role)} />;
}
