import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { EDITORS } from "@/features/account/roles";
import { addAppTab } from "@/features/shell/registry";
import { withTexts } from "@/i18n/i18n";
import { appRoute } from "./layouts";

addAppTab({ id: "tracing", path: "tracing", label: (t) => t("shell.tracing"), order: 60, roles: EDITORS });

/** Where the runs of an app are sent to. */
export const tracingRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "tracing",
  component: lazyRouteComponent(() => withTexts("tracing", import("./tracing-page")), "TracingRoute"),
});
