import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { APP_USERS } from "@/features/account/roles";
import { addAppTab } from "@/features/shell/registry";
import { appRoute } from "./layouts";

addAppTab({
  id: "configuration",
  path: "configuration",
  label: (t) => t("orchestration.tab"),
  order: 10,
  roles: APP_USERS,
  modes: ["chat", "agent-chat", "completion"],
});

/** What a chatbot, agent or text generator is told. */
export const configurationRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "configuration",
  component: lazyRouteComponent(() => import("./orchestration-page"), "ConfigurationRoute"),
});
