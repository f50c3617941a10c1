import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import type { AppMode } from "@/api/console";
import { APP_USERS } from "@/features/account/roles";
import { modeOf } from "@/features/apps/modes";
import { addSearchSource, saysAll } from "@/features/commands/sources";
import { installedQuery } from "@/features/explore/explore-query";
import { addToRail } from "@/features/shell/registry";
import type { GenerationTab } from "@/features/text-generation/generation-page";
import { withTexts } from "@/i18n/i18n";
import { consoleRoute } from "./layouts";
import { text } from "./search";

addToRail({ id: "explore", label: (t) => t("shell.explore"), icon: Compass, to: "/explore/apps", also: ["/explore/"], order: 15, roles: APP_USERS });

addSearchSource({
  id: "explore",
  label: (t) => t("shell.explore"),
  scope: "use",
  search: async (query, { queries, t, role }) => {
    if (!APP_USERS.includes(role)) return [];
    const apps = await queries.query(installedQuery);
    return apps
      .filter((app) => saysAll(query, app.name))
      .map((app) => ({ id: app.id, label: app.name, hint: t(`apps.modes.${app.mode}`), icon: Compass, to: `/explore/installed/${app.id}` }));
  },
});

interface CatalogueSearch {
  category?: string | undefined;
  mode?: AppMode | undefined;
  keywords?: string | undefined;
}

const exploreRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/explore",
  beforeLoad: () => {
    throw redirect({ to: "/explore/apps", replace: true });
  },
});

const catalogueRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/explore/apps",
  validateSearch: (search): CatalogueSearch => ({ category: text(search.category), mode: modeOf(search.mode), keywords: text(search.keywords) }),
  component: lazyRouteComponent(() => withTexts("explore", import("./explore-pages")), "CatalogueRoute"),
});

interface InstalledSearch {
  conversation?: string | undefined;
  mode?: GenerationTab | undefined;
}

const installedRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/explore/installed/$appId",
  validateSearch: (search): InstalledSearch => ({
    ...search,
    conversation: text(search.conversation),
    mode: search.mode === "batch" || search.mode === "saved" ? search.mode : undefined,
  }),
  component: lazyRouteComponent(() => withTexts("explore", import("./explore-pages")), "InstalledRoute"),
});

export const exploreRoutes = [exploreRoute, catalogueRoute, installedRoute] as const;
