import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { LayoutGrid } from "lucide-react";
import { APP_USERS } from "@/features/account/roles";
import { appsQuery } from "@/features/apps/apps-query";
import { addSearchSource, saysAll } from "@/features/commands/sources";
import { addToRail } from "@/features/shell/registry";
import { consoleRoute } from "./layouts";

addToRail({ id: "apps", label: (t) => t("apps.title"), icon: LayoutGrid, to: "/apps", also: ["/app/"], order: 10 });

addSearchSource({
  id: "apps",
  label: (t) => t("apps.title"),
  scope: "app",
  search: async (query, { queries, t, role }) => {
    if (!APP_USERS.includes(role)) return [];
    const apps = await queries.query(appsQuery);
    return apps
      .filter((app) => saysAll(query, app.name, app.description))
      .toSorted((one, other) => Number(saysAll(query, other.name)) - Number(saysAll(query, one.name)))
      .map((app) => ({ id: app.id, label: app.name, hint: t(`apps.modes.${app.mode}`), icon: LayoutGrid, to: `/app/${app.id}` }));
  },
});

const appsRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/apps",
  component: lazyRouteComponent(() => import("./apps-pages"), "AppsRoute"),
});

export const appsRoutes = [appsRoute] as const;
