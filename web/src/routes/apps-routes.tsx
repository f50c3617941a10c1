import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { LayoutGrid } from "lucide-react";
import type { AppMode } from "@/api/console";
import { APP_USERS } from "@/features/account/roles";
import { appListQuery, ORDERS, type AppOrder } from "@/features/apps/apps-query";
import { modeOf } from "@/features/apps/modes";
import type { Creating } from "@/features/apps/studio-page";
import { addSearchSource } from "@/features/commands/sources";
import { addToRail } from "@/features/shell/registry";
import { withTexts } from "@/i18n/i18n";
import { consoleRoute } from "./layouts";
import { text } from "./search";

addToRail({ id: "apps", label: (t) => t("apps.title"), icon: LayoutGrid, to: "/apps", also: ["/app/"], order: 10, roles: APP_USERS });

addSearchSource({
  id: "apps",
  label: (t) => t("apps.title"),
  scope: "app",
  search: async (query, { queries, t, role }) => {
    if (!APP_USERS.includes(role)) return [];
    const found = await queries.infiniteQuery(appListQuery({ name: query }));
    const apps = found.pages.flatMap((page) => page.data);
    return apps.map((app) => ({ id: app.id, label: app.name, hint: t(`apps.modes.${app.mode}`), icon: LayoutGrid, to: `/app/${app.id}` }));
  },
});

const WAYS: readonly Creating[] = ["blank", "template", "import"];

interface StudioSearch {
  category?: AppMode | undefined;
  tagIDs?: string | undefined;
  keywords?: string | undefined;
  isCreatedByMe?: "true" | undefined;
  order?: AppOrder | undefined;
  create?: Creating | undefined;
}

const appsRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/apps",
  validateSearch: (search): StudioSearch => ({
    category: modeOf(search.category),
    tagIDs: text(search.tagIDs),
    keywords: text(search.keywords),
    isCreatedByMe: search.isCreatedByMe === "true" ? "true" : undefined,
    order: ORDERS.find((order) => order === search.order && order !== "changed"),
    create: WAYS.find((way) => way === search.create),
  }),
  component: lazyRouteComponent(() => withTexts("explore", import("./apps-pages")), "AppsRoute"),
});

export const appsRoutes = [appsRoute] as const;
