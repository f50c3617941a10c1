import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { EDITORS } from "@/features/account/roles";
import { logSearch } from "@/features/logs/log-filter";
import { addAppTab } from "@/features/shell/registry";
import { withTexts } from "@/i18n/i18n";
import { appRoute } from "./layouts";

addAppTab({ id: "logs", path: "logs", label: (t) => t("runs.tab"), order: 50, roles: EDITORS });

/** What people did with an app. */
export const logsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "logs",
  validateSearch: logSearch,
  component: lazyRouteComponent(() => withTexts(["logs", "prompts", "replay"], import("./logs-page")), "LogsRoute"),
});

addAppTab({ id: "annotations", path: "annotations", label: (t) => t("runs.annotationsTab"), order: 55, roles: EDITORS, modes: ["chat", "agent-chat", "advanced-chat"] });

/** The questions that people have written the answers to. */
export const annotationsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "annotations",
  component: lazyRouteComponent(() => withTexts("annotations", import("./annotations-page")), "AnnotationsRoute"),
});
