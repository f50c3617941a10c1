import { getRouteApi } from "@tanstack/react-router";
import { LogsPage } from "@/features/logs/logs-page";

const logs = getRouteApi("/console/app/$appId/logs");

export function LogsRoute() {
  const { app } = logs.useRouteContext();
  const search = logs.useSearch();
  const navigate = logs.useNavigate();
  return <LogsPage key={app.id} app={app} search={search} onSearch={(next) => void navigate({ search: next, replace: next.open === search.open })} />;
}
