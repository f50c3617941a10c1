import type { QueryClient } from "@tanstack/react-query";
import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { homeOf } from "@/features/account/roles";
import { sessionQuery } from "@/features/account/session";
import { withTexts } from "@/i18n/i18n";
import { rootRoute } from "./layouts";
import { text } from "./search";

/** The start: what a role begins with, the sign-in page, or the first page of an installation without accounts. */
const startRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: async ({ context }) => {
    const { setUp, account } = await context.queries.query({ ...sessionQuery, staleTime: "static" });
    if (account !== null) throw redirect({ to: homeOf(account.role), replace: true });
    if (setUp) throw redirect({ to: "/signin" });
  },
  component: lazyRouteComponent(() => withTexts("explore", import("./apps-pages")), "StartRoute"),
});

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  beforeLoad: async ({ context }) => {
    const { setUp } = await context.queries.query({ ...sessionQuery, staleTime: "static" });
    if (setUp) throw redirect({ to: "/" });
  },
  component: lazyRouteComponent(() => import("./account-pages"), "SetupRoute"),
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/signin",
  validateSearch: (search): { return?: string | undefined; problem?: string | undefined } => ({ return: text(search.return), problem: text(search.problem) }),
  beforeLoad: signedOut,
  component: lazyRouteComponent(() => import("./account-pages"), "SignInRoute"),
});

/** The other ways in, for people who are signed out. */
async function signedOut({ context }: { context: { queries: QueryClient } }) {
  const { setUp, account } = await context.queries.query({ ...sessionQuery, staleTime: "static" });
  if (!setUp) throw redirect({ to: "/setup" });
  if (account !== null) throw redirect({ to: "/" });
}

const codeSignInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/signin/code",
  validateSearch: (search): { return?: string | undefined } => ({ return: text(search.return) }),
  beforeLoad: signedOut,
  component: lazyRouteComponent(() => withTexts("proofs", import("./proof-pages")), "CodeSignInRoute"),
});

const signUpRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/signup",
  beforeLoad: signedOut,
  component: lazyRouteComponent(() => withTexts("proofs", import("./proof-pages")), "SignUpRoute"),
});

const resetPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/reset-password",
  beforeLoad: signedOut,
  component: lazyRouteComponent(() => withTexts("proofs", import("./proof-pages")), "ResetPasswordRoute"),
});

/** Addresses of the reference, which lead to the pages that do the same here. */
const formerRoutes = (
  [
    ["/install", "/setup"],
    ["/init", "/setup"],
    ["/forgot-password", "/reset-password"],
    ["/signin/check-code", "/signin/code"],
  ] as const
).map(([path, to]) =>
  createRoute({
    getParentRoute: () => rootRoute,
    path,
    beforeLoad: () => {
      throw redirect({ to, replace: true });
    },
  }),
);

const activateRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/activate",
  validateSearch: (search): { email?: string | undefined; token?: string | undefined } => ({ email: text(search.email), token: text(search.token) }),
  component: lazyRouteComponent(() => withTexts("members", import("./activate-page")), "ActivateRoute"),
});

export const accountRoutes = [startRoute, setupRoute, signInRoute, codeSignInRoute, signUpRoute, resetPasswordRoute, activateRoute, ...formerRoutes] as const;
