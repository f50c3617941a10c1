import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { EDITORS } from "@/features/account/roles";
import { addAppTab } from "@/features/shell/registry";
import { withTexts } from "@/i18n/i18n";
import { appRoute } from "./layouts";

addAppTab({
  id: "configuration",
  path: "configuration",
  label: (t) => t("shell.build"),
  order: 10,
  roles: EDITORS,
  modes: ["chat", "agent-chat", "completion"],
});

/** What a chatbot, agent or text generator is told. */
export const configurationRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "configuration",
  component: lazyRouteComponent(() => withTexts(["editors", "extensions", "orchestration", "panels"], import("./orchestration-page")), "ConfigurationRoute"),
});
