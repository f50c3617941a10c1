import { getRouteApi } from "@tanstack/react-router";
import { BasePage } from "@/features/knowledge/base-page";
import { BasesPage } from "@/features/knowledge/bases-page";

const base = getRouteApi("/console/datasets/$baseId");

export function BasesRoute() {
  return <BasesPage />;
}

export function BaseRoute() {
  const { baseId } = base.useParams();
  const { account } = base.useRouteContext();
  return <BasePage key={baseId} baseId={baseId} editable={account.role !== "normal"} />;
}
