import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, lazyRouteComponent, notFound, Outlet, redirect } from "@tanstack/react-router";
import { isApiError } from "@/api/http";
import { homeOf } from "@/features/account/roles";
import { sessionQuery } from "@/features/account/session";
import { appQuery } from "@/features/apps/apps-query";
import { mayVisit, settingsSections, tabIsClosed, tabsOf } from "@/features/shell/registry";
import { Toaster } from "@/ui/toast";
import { TooltipZone } from "@/ui/tooltip";
import { FailedPage, NotFoundPage } from "./fallback-pages";

interface RouterContext {
  queries: QueryClient;
}

export const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: () => (
    <TooltipZone>
      <Outlet />
      <Toaster />
    </TooltipZone>
  ),
  notFoundComponent: NotFoundPage,
  errorComponent: FailedPage,
});

/** Everything below needs an account; after signing in one comes back to the page. `account` knows the role, which is led
 * home from a place that is not for it. */
export const consoleRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "console",
  beforeLoad: async ({ context, location }) => {
    const { setUp, account } = await context.queries.query({ ...sessionQuery, staleTime: "static" });
    if (!setUp) throw redirect({ to: "/" });
    if (account === null) throw redirect({ to: "/signin", search: { return: location.href } });
    if (!mayVisit(location.pathname, account.role)) throw redirect({ to: homeOf(account.role), replace: true });
    return { account };
  },
  component: lazyRouteComponent(() => import("./console-layouts"), "ConsoleLayout"),
});

/** The pages of one app, behind tabs. An app that is not there, or not yours, leads to the list. */
export const appRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/app/$appId",
  beforeLoad: async ({ context, params, location }) => {
    const app = await appOrNull(context.queries, params.appId);
    if (app === null) throw redirect({ to: "/apps", replace: true });
    if (tabIsClosed(location.pathname, app.mode, context.account.role)) throw redirect({ to: homeOf(context.account.role), replace: true });
    return { app };
  },
  component: lazyRouteComponent(() => import("./console-layouts"), "AppLayout"),
});

async function appOrNull(queries: QueryClient, id: string) {
  try {
    return await queries.query({ ...appQuery(id), staleTime: 10_000 });
  } catch (error) {
    if (isApiError(error, 404)) return null;
    throw error;
  }
}

/** The address of an app without a tab: the first one that the role sees. */
export const appIndexRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/",
  beforeLoad: ({ context, params }) => {
    const first = tabsOf(context.app.mode, context.account.role)[0];
    const to: string = first === undefined ? homeOf(context.account.role) : `/app/${params.appId}/${first.path}`;
    throw redirect({ to, replace: true });
  },
});

export const settingsRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("./console-layouts"), "SettingsLayout"),
});

export const settingsIndexRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/",
  beforeLoad: ({ context }) => {
    const first = settingsSections(context.account.role)[0];
    if (first === undefined) throw redirect({ to: homeOf(context.account.role) });
    throw redirect({ to: "/settings/$section", params: { section: first.id }, replace: true });
  },
});

export const settingsSectionRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "$section",
  beforeLoad: ({ context, params }) => {
    const section = settingsSections(context.account.role).find(({ id }) => id === params.section);
    if (section !== undefined) return;
    if (settingsSections("owner").some(({ id }) => id === params.section)) throw redirect({ to: "/settings", replace: true });
    throw notFound();
  },
  component: lazyRouteComponent(() => import("./console-layouts"), "SettingsSection"),
});
