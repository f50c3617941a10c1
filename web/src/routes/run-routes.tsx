import { getRouteApi } from "@tanstack/react-router";
import { RunPage } from "@/features/run-log/run-page";
import { RunsPage } from "@/features/run-log/runs-page";

const runs = getRouteApi("/signed-in/logs");
const run = getRouteApi("/signed-in/logs/$runId");

export function RunsRoute() {
  const { account } = runs.useRouteContext();
  const filter = runs.useSearch();
  const navigate = runs.useNavigate();
  return <RunsPage account={account} filter={filter} onFilter={(next) => void navigate({ search: next, replace: true })} />;
}

export function RunRoute() {
  const { account } = run.useRouteContext();
  const { runId } = run.useParams();
  const { step } = run.useSearch();
  const navigate = run.useNavigate();
  return (
    <RunPage
      account={account}
      runId={runId}
      step={step ?? null}
      onStep={(next) => void navigate({ search: { step: next ?? undefined }, replace: true, resetScroll: false })}
    />
  );
}
