import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { EDITORS } from "@/features/account/roles";
import { withTexts } from "@/i18n/i18n";
import { addToRail } from "@/features/shell/registry";
import { consoleRoute } from "./layouts";
import { text } from "./search";

addToRail({ id: "logs", label: (t) => t("runs.title"), icon: Activity, to: "/logs", order: 50, roles: EDITORS });

const runsRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/logs",
  validateSearch: (search): { app?: string | undefined; status?: string | undefined } => ({
    app: text(search.app),
    status: text(search.status),
  }),
  component: lazyRouteComponent(() => import("./run-pages"), "RunsRoute"),
});

const runRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/logs/$runId",
  validateSearch: (search): { step?: string | undefined; against?: string | undefined } => ({
    step: text(search.step),
    against: text(search.against),
  }),
  component: lazyRouteComponent(() => withTexts("replay", import("./run-pages")), "RunRoute"),
});

export const runRoutes = [runsRoute, runRoute] as const;
