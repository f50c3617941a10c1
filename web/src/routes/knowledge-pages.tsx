import { getRouteApi } from "@tanstack/react-router";
import { BasePage } from "@/features/knowledge/base-page";
import { searchOf, viewOf } from "@/features/knowledge/base-view";
import { BasesPage } from "@/features/knowledge/bases-page";
import { KeysPage } from "@/features/knowledge/keys/keys-page";

const bases = getRouteApi("/console/datasets");
const base = getRouteApi("/console/datasets/$baseId");

export function BasesRoute() {
  const { keyword, tags } = bases.useSearch();
  const navigate = bases.useNavigate();
  return (
    <BasesPage
      view={{ keyword: keyword ?? "", tagIds: tags?.split(",") ?? [] }}
      onView={(view, replace = false) => void navigate({ search: { keyword: view.keyword || undefined, tags: view.tagIds.join(",") || undefined }, replace })}
    />
  );
}

export function BaseRoute() {
  const { baseId } = base.useParams();
  const { account } = base.useRouteContext();
  const search = base.useSearch();
  const navigate = base.useNavigate();
  return (
    <BasePage
      key={baseId}
      baseId={baseId}
      editable={account.role !== "normal"}
      view={viewOf(search)}
      onView={(view, replace = false) => void navigate({ search: searchOf(view), replace })}
    />
  );
}

export function KeysRoute() {
  return <KeysPage />;
}
