import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { GenerationTab } from "@/features/text-generation/generation-page";
import { visitorFromAddress } from "@/features/webapp/visitor";
import { withTexts } from "@/i18n/i18n";
import { rootRoute } from "./layouts";
import { text } from "./search";

const chatOptions = {
  getParentRoute: () => rootRoute,
  validateSearch: (search: Record<string, unknown>): { conversation?: string | undefined } => ({ ...search, conversation: text(search.conversation) }),
  /** Who comes does not change with the conversation that the address names. */
  loader: () => visitorFromAddress(window.location.search),
  staleTime: Infinity,
};

const chatRoute = createRoute({
  ...chatOptions,
  path: "/chat/$code",
  component: lazyRouteComponent(() => import("./chat-page"), "ChatRoute"),
});

const chatbotRoute = createRoute({
  ...chatOptions,
  path: "/chatbot/$code",
  component: lazyRouteComponent(() => import("./chat-page"), "EmbeddedChatRoute"),
});

const completionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/completion/$code",
  validateSearch: (search): { mode?: GenerationTab | undefined } => ({ ...search, mode: tabOf(search.mode) }),
  component: lazyRouteComponent(() => withTexts("generate", import("./generation-pages")), "CompletionRoute"),
});

const workflowRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/workflow/$code",
  validateSearch: (search): { mode?: GenerationTab | undefined } => ({ ...search, mode: tabOf(search.mode) }),
  component: lazyRouteComponent(() => withTexts("generate", import("./generation-pages")), "WorkflowRoute"),
});

const formRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/form/$token",
  component: lazyRouteComponent(() => import("./form-page"), "FormRoute"),
});

function tabOf(value: unknown): GenerationTab | undefined {
  return value === "batch" || value === "saved" ? value : undefined;
}

export const webAppRoutes = [chatRoute, chatbotRoute, completionRoute, workflowRoute, formRoute] as const;
