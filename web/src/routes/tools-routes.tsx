import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import i18next from "i18next";
import { Wrench } from "lucide-react";
import { APP_USERS } from "@/features/account/roles";
import { addSearchSource, saysAll } from "@/features/commands/sources";
import { i18nText } from "@/features/schema-form/i18n-text";
import { addToRail } from "@/features/shell/registry";
import { KINDS, providerNamesQuery, type ToolKind } from "@/features/tools/tools-query";
import { withTexts } from "@/i18n/i18n";
import { consoleRoute } from "./layouts";
import { text } from "./search";

addToRail({ id: "tools", label: (t) => t("shell.tools"), icon: Wrench, to: "/tools", order: 30, roles: APP_USERS });

addSearchSource({
  id: "tools",
  label: (t) => t("shell.tools"),
  scope: "tools",
  search: async (query, { queries, role }) => {
    if (!APP_USERS.includes(role)) return [];
    const providers = await queries.query({ ...providerNamesQuery, staleTime: 60_000 });
    return providers
      .map((provider) => ({ provider, label: i18nText(provider.label, i18next.language) || provider.name }))
      .filter(({ provider, label }) => saysAll(query, label, provider.name))
      .slice(0, 10)
      .map(({ provider, label }) => ({ id: provider.id, label, icon: Wrench, to: `/tools?tab=${provider.type}&open=${encodeURIComponent(provider.id)}` }));
  },
});

interface ToolsSearch {
  tab?: ToolKind | undefined;
  q?: string | undefined;
  /** Separated by commas. */
  labels?: string | undefined;
  open?: string | undefined;
}

const toolsRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/tools",
  validateSearch: (search): ToolsSearch => ({
    tab: KINDS.find((kind) => kind === search.tab),
    q: text(search.q),
    labels: text(search.labels),
    open: text(search.open),
  }),
  component: lazyRouteComponent(() => withTexts(["editors", "tools"], import("./tools-page")), "ToolsRoute"),
});

export const toolsRoutes = [toolsRoute] as const;
