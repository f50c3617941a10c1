import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { LibraryBig } from "lucide-react";
import { api, call } from "@/api/client";
import { addSearchSource } from "@/features/commands/sources";
import { addToRail } from "@/features/shell/registry";
import { consoleRoute } from "./layouts";

addToRail({ id: "knowledge", label: (t) => t("knowledge.title"), icon: LibraryBig, to: "/datasets", also: ["/datasets/"], order: 20 });

addSearchSource({
  id: "knowledge",
  label: (t) => t("knowledge.title"),
  scope: "knowledge",
  search: async (query) => {
    const { data } = await call(api.GET("/datasets", { params: { query: { keyword: query, limit: 10 } } }));
    return data.map((base) => ({ id: base.id, label: base.name, icon: LibraryBig, to: `/datasets/${base.id}` }));
  },
});

const basesRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/datasets",
  component: lazyRouteComponent(() => import("./knowledge-pages"), "BasesRoute"),
});

const baseRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/datasets/$baseId",
  component: lazyRouteComponent(() => import("./knowledge-pages"), "BaseRoute"),
});

export const knowledgeRoutes = [basesRoute, baseRoute] as const;
