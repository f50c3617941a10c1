import { getRouteApi } from "@tanstack/react-router";
import { RunPage } from "@/features/run-log/run-page";
import { RunsPage } from "@/features/run-log/runs-page";

const runs = getRouteApi("/console/logs");
const run = getRouteApi("/console/logs/$runId");

export function RunsRoute() {
  const filter = runs.useSearch();
  const navigate = runs.useNavigate();
  return <RunsPage filter={filter} onFilter={(next) => void navigate({ search: next, replace: true })} />;
}

export function RunRoute() {
  const { runId } = run.useParams();
  const { step, against } = run.useSearch();
  const navigate = run.useNavigate();
  return (
    <RunPage
      runId={runId}
      step={step ?? null}
      against={against ?? null}
      onStep={(next) => void navigate({ search: { step: next ?? undefined }, replace: true, resetScroll: false })}
    />
  );
}
