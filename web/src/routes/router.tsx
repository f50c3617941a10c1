import type { QueryClient } from "@tanstack/react-query";
import { createRouter } from "@tanstack/react-router";
import { accountRoutes } from "./account-routes";
import { appsRoutes } from "./apps-routes";
import { exploreRoutes } from "./explore-routes";
import { PendingPage } from "./fallback-pages";
import { appIndexRoute, appRoute, consoleRoute, rootRoute, settingsIndexRoute, settingsRoute, settingsSectionRoute } from "./layouts";
import { membersRoutes } from "./members-routes";
import { runRoutes } from "./run-routes";
import { parseSearch, stringifySearch } from "./search";
import "./settings-routes";
import { webAppRoutes } from "./webapp-routes";
import { knowledgeRoutes } from "./knowledge-routes";
import { annotationsRoute, logsRoute } from "./logs-routes";
import { configurationRoute } from "./orchestration-routes";
import { overviewRoute, developRoute } from "./publish-routes";
import { toolsRoutes } from "./tools-routes";
import { tracingRoute } from "./tracing-routes";
import { workflowEditorRoute } from "./workflow-routes";

/** Every page by its place. An area's routes come from its own file; so do its rail entries, tabs and settings sections. */
export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: rootRoute.addChildren([
      ...webAppRoutes,
      ...accountRoutes,
      consoleRoute.addChildren([
        ...appsRoutes,
        ...exploreRoutes,
        ...knowledgeRoutes,
        ...runRoutes,
        ...toolsRoutes,
        ...membersRoutes,
        appRoute.addChildren([appIndexRoute, workflowEditorRoute, configurationRoute, overviewRoute, developRoute, logsRoute, annotationsRoute, tracingRoute]),
        settingsRoute.addChildren([settingsIndexRoute, settingsSectionRoute]),
      ]),
    ]),
    context: { queries },
    parseSearch,
    stringifySearch,
    defaultPendingComponent: PendingPage,
    defaultPendingMs: 200,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
