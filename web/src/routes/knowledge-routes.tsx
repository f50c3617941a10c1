import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { DatabaseZap, LibraryBig } from "lucide-react";
import { api, call } from "@/api/client";
import { KNOWLEDGE_KEEPERS } from "@/features/account/roles";
import { addSearchSource } from "@/features/commands/sources";
import type { BaseSearch } from "@/features/knowledge/base-view";
import { addSettingsSection, addToRail } from "@/features/shell/registry";
import { withTexts } from "@/i18n/i18n";
import { consoleRoute } from "./layouts";
import { text } from "./search";

addToRail({ id: "knowledge", label: (t) => t("knowledge.title"), icon: LibraryBig, to: "/datasets", also: ["/datasets/"], order: 20, roles: KNOWLEDGE_KEEPERS });

addSearchSource({
  id: "knowledge",
  label: (t) => t("knowledge.title"),
  scope: "knowledge",
  search: async (query, { role }) => {
    if (!KNOWLEDGE_KEEPERS.includes(role)) return [];
    const { data } = await call(api.GET("/datasets", { params: { query: { keyword: query, limit: 10 } } }));
    return data.map((base) => ({ id: base.id, label: base.name, icon: LibraryBig, to: `/datasets/${base.id}` }));
  },
});

addSettingsSection({
  id: "data-sources",
  group: "workspace",
  label: (t) => t("knowledge.sources"),
  icon: DatabaseZap,
  order: 30,
  roles: KNOWLEDGE_KEEPERS,
  page: () => withTexts("knowledgeSetup", import("@/features/knowledge/sources/data-sources-section")),
});

const basesRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/datasets",
  validateSearch: (search): { keyword?: string | undefined; tags?: string | undefined } => ({ keyword: text(search.keyword), tags: text(search.tags) }),
  component: lazyRouteComponent(() => withTexts("knowledgeSetup", import("./knowledge-pages")), "BasesRoute"),
});

const baseRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/datasets/$baseId",
  validateSearch: ({ tab, keyword, status, sort, page }): BaseSearch => ({ tab: text(tab), keyword: text(keyword), status: text(status), sort: text(sort), page: text(page) }),
  component: lazyRouteComponent(() => withTexts(["documents", "evaluation", "knowledgeSetup", "pipelines"], import("./knowledge-pages")), "BaseRoute"),
});

const keysRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/datasets/keys",
  component: lazyRouteComponent(() => withTexts("knowledgeSetup", import("./knowledge-pages")), "KeysRoute"),
});

/** Source and step of the way from a source to documents. */
const wizardSearch = (search: Record<string, unknown>): { source?: string | undefined; step?: string | undefined } => ({
  source: text(search.source),
  step: text(search.step),
});

const createBaseRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/datasets/create",
  validateSearch: wizardSearch,
  component: lazyRouteComponent(() => withTexts("knowledgeSetup", import("./knowledge-wizard")), "CreateBaseRoute"),
});

const addDocumentsRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/datasets/$baseId/add",
  validateSearch: wizardSearch,
  component: lazyRouteComponent(() => withTexts("knowledgeSetup", import("./knowledge-wizard")), "AddDocumentsRoute"),
});

const cutAgainRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/datasets/$baseId/documents/$documentId/cut",
  component: lazyRouteComponent(() => withTexts("knowledgeSetup", import("./knowledge-wizard")), "CutAgainRoute"),
});

const progressRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/datasets/$baseId/progress/$batch",
  component: lazyRouteComponent(() => withTexts("knowledgeSetup", import("./knowledge-wizard")), "ProgressRoute"),
});

const createPipelineRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/datasets/create/pipeline",
  component: lazyRouteComponent(() => withTexts(["pipelines", "knowledgeSetup"], import("./pipeline-forms")), "CreatePipelineRoute"),
});

/** The canvas of a base's pipeline; `node` is the one whose settings are open. */
const pipelineRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/datasets/$baseId/pipeline",
  validateSearch: (search): { node?: string | undefined } => ({ node: text(search.node) }),
  component: lazyRouteComponent(() => withTexts(["pipelinePage", "workflow"], import("./pipeline-pages")), "PipelineRoute"),
});

const runPipelineRoute = createRoute({
  getParentRoute: () => consoleRoute,
  path: "/datasets/$baseId/run",
  component: lazyRouteComponent(() => withTexts(["pipelines", "knowledgeSetup"], import("./pipeline-forms")), "RunPipelineRoute"),
});

export const knowledgeRoutes = [basesRoute, baseRoute, keysRoute, createBaseRoute, addDocumentsRoute, cutAgainRoute, progressRoute, createPipelineRoute, pipelineRoute, runPipelineRoute] as const;
