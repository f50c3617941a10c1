import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { APP_USERS } from "@/features/account/roles";
import { addAppTab } from "@/features/shell/registry";
import { withTexts } from "@/i18n/i18n";
import { appRoute } from "./layouts";
import { text } from "./search";

addAppTab({ id: "overview", path: "overview", label: (t) => t("publish.tab"), order: 40, roles: APP_USERS });

/** Where an app can be used, and what happened there. */
export const overviewRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "overview",
  validateSearch: (search): { period?: string | undefined; show?: "embed" | undefined } => ({
    period: text(search.period),
    show: search.show === "embed" ? "embed" : undefined,
  }),
  component: lazyRouteComponent(() => withTexts("publishing", import("./publish-page")), "OverviewRoute"),
});

addAppTab({ id: "develop", path: "develop", label: (t) => t("publish.reference"), order: 45, roles: APP_USERS });

/** How programs call an app. */
export const developRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "develop",
  component: lazyRouteComponent(() => withTexts(["publishing", "apiReference"], import("./develop-page")), "DevelopRoute"),
});
