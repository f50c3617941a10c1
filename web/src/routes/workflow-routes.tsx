import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { APP_USERS, EDITORS } from "@/features/account/roles";
import { addAppTab } from "@/features/shell/registry";
import { withTexts } from "@/i18n/i18n";
import { appRoute } from "./layouts";
import { text } from "./search";

addAppTab({
  id: "workflow",
  path: "workflow",
  label: (t) => t("shell.build"),
  order: 10,
  roles: EDITORS,
  readers: APP_USERS,
  modes: ["workflow", "advanced-chat"],
});

/** The canvas of a workflow or chatflow; `node` is the one whose settings are open. */
export const workflowEditorRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "workflow",
  validateSearch: (search): { node?: string | undefined } => ({ node: text(search.node) }),
  component: lazyRouteComponent(() => withTexts("workflow", import("./workflow-page")), "WorkflowEditorPage"),
});
