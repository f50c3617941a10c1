import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { GenerationTab } from "@/features/text-generation/generation-page";
import { rootRoute } from "./layouts";
import { text } from "./search";

const chatRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/chat/$code",
  validateSearch: (search): { conversation?: string | undefined } => ({ ...search, conversation: text(search.conversation) }),
  component: lazyRouteComponent(() => import("./chat-page"), "ChatRoute"),
});

const completionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/completion/$code",
  validateSearch: (search): { mode?: GenerationTab | undefined } => ({ ...search, mode: tabOf(search.mode) }),
  component: lazyRouteComponent(() => import("./generation-pages"), "CompletionRoute"),
});

const workflowRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/workflow/$code",
  validateSearch: (search): { mode?: GenerationTab | undefined } => ({ ...search, mode: tabOf(search.mode) }),
  component: lazyRouteComponent(() => import("./generation-pages"), "WorkflowRoute"),
});

const formRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/form/$token",
  component: lazyRouteComponent(() => import("./form-page"), "FormRoute"),
});

function tabOf(value: unknown): GenerationTab | undefined {
  return value === "batch" || value === "saved" ? value : undefined;
}

export const webAppRoutes = [chatRoute, completionRoute, workflowRoute, formRoute] as const;
