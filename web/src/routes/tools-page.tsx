import { getRouteApi } from "@tanstack/react-router";
import { ToolsPage } from "@/features/tools/tools-page";

const tools = getRouteApi("/console/tools");

export function ToolsRoute() {
  const { tab = "builtin", q = "", labels, open } = tools.useSearch();
  const navigate = tools.useNavigate();
  return (
    <ToolsPage
      view={{ kind: tab, query: q, labels: labels?.split(",") ?? [], open }}
      onView={(view, replace = false) =>
        void navigate({
          replace,
          search: {
            tab: view.kind === "builtin" ? undefined : view.kind,
            q: view.query === "" ? undefined : view.query,
            labels: view.labels.length === 0 ? undefined : view.labels.join(","),
            open: view.open,
          },
        })
      }
    />
  );
}
