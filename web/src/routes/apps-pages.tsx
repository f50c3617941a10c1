import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { FirstPage } from "@/features/apps/first-page";
import { StudioPage, type StudioView } from "@/features/apps/studio-page";

const route = getRouteApi("/console/apps");

export function StartRoute() {
  return <FirstPage />;
}

export function AppsRoute() {
  const { category, tagIDs, keywords, isCreatedByMe, order, create } = route.useSearch();
  const navigate = route.useNavigate();
  const onView = useCallback(
    (view: StudioView, replace = false) => {
      void navigate({
        search: {
          category: view.mode,
          tagIDs: view.tagIds.join(",") || undefined,
          keywords: view.query || undefined,
          isCreatedByMe: view.mine ? "true" : undefined,
          order: view.order === "changed" ? undefined : view.order,
          create: view.creating,
        },
        replace,
      });
    },
    [navigate],
  );
  return (
    <StudioPage
      view={{
        mode: category,
        tagIds: tagIDs === undefined ? [] : tagIDs.split(","),
        query: keywords ?? "",
        mine: isCreatedByMe === "true",
        order: order ?? "changed",
        creating: create,
      }}
      onView={onView}
    />
  );
}
