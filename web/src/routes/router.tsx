import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { sessionQuery } from "@/features/account/session";
import type { GenerationTab } from "@/features/text-generation/generation-page";
import { Toaster } from "@/ui/toast";
import { FailedPage, NotFoundPage, PendingPage } from "./fallback-pages";

interface RouterContext {
  queries: QueryClient;
}

const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: () => (
    <>
      <Outlet />
      <Toaster />
    </>
  ),
  notFoundComponent: NotFoundPage,
  errorComponent: FailedPage,
});

const chatRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/chat/$code",
  validateSearch: (search): { conversation?: string | undefined } => ({ ...search, conversation: text(search.conversation) }),
  component: lazyRouteComponent(() => import("./chat-route"), "ChatRoute"),
});

const completionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/completion/$code",
  validateSearch: (search): { mode?: GenerationTab | undefined } => ({ ...search, mode: tabOf(search.mode) }),
  component: lazyRouteComponent(() => import("./generation-routes"), "CompletionRoute"),
});

const workflowRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/workflow/$code",
  validateSearch: (search): { mode?: GenerationTab | undefined } => ({ ...search, mode: tabOf(search.mode) }),
  component: lazyRouteComponent(() => import("./generation-routes"), "WorkflowRoute"),
});

const formRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/form/$token",
  component: lazyRouteComponent(() => import("./form-route"), "FormRoute"),
});

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: async ({ context }) => {
    const session = await context.queries.query({ ...sessionQuery, staleTime: "static" });
    if (session.setUp && session.account === null) throw redirect({ to: "/signin" });
    return { session };
  },
  component: lazyRouteComponent(() => import("./home-route"), "HomeRoute"),
});

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  beforeLoad: async ({ context }) => {
    const { setUp } = await context.queries.query({ ...sessionQuery, staleTime: "static" });
    if (setUp) throw redirect({ to: "/" });
  },
  component: lazyRouteComponent(() => import("./account-routes"), "SetupRoute"),
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/signin",
  validateSearch: (search): { return?: string | undefined } => ({ return: text(search.return) }),
  beforeLoad: async ({ context }) => {
    const { setUp, account } = await context.queries.query({ ...sessionQuery, staleTime: "static" });
    if (!setUp) throw redirect({ to: "/setup" });
    if (account !== null) throw redirect({ to: "/" });
  },
  component: lazyRouteComponent(() => import("./account-routes"), "SignInRoute"),
});

/** Everything below needs an account; after signing in one comes back to the page. */
const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  beforeLoad: async ({ context, location }) => {
    const { setUp, account } = await context.queries.query({ ...sessionQuery, staleTime: "static" });
    if (!setUp) throw redirect({ to: "/" });
    if (account === null) throw redirect({ to: "/signin", search: { return: location.href } });
    return { account };
  },
});

const runsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/logs",
  validateSearch: (search): { app?: string | undefined; status?: string | undefined } => ({
    app: text(search.app),
    status: text(search.status),
  }),
  component: lazyRouteComponent(() => import("./run-routes"), "RunsRoute"),
});

const runRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/logs/$runId",
  validateSearch: (search): { step?: string | undefined } => ({ step: text(search.step) }),
  component: lazyRouteComponent(() => import("./run-routes"), "RunRoute"),
});

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function tabOf(value: unknown): GenerationTab | undefined {
  return value === "batch" || value === "saved" ? value : undefined;
}

/** Search parameters are plain text: no JSON in addresses that people read and share. */
function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

function stringifySearch(search: Record<string, unknown>): string {
  const pairs = Object.entries(search).filter((pair): pair is [string, string] => typeof pair[1] === "string");
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
}

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: rootRoute.addChildren([
      chatRoute,
      completionRoute,
      workflowRoute,
      formRoute,
      homeRoute,
      setupRoute,
      signInRoute,
      signedInRoute.addChildren([runsRoute, runRoute]),
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
