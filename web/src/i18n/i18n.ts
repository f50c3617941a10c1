import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type en from "./en";
import type annotations from "./en/annotations.json";
import type apiReference from "./en/api-reference.json";
import type documents from "./en/documents.json";
import type editors from "./en/editors.json";
import type evaluation from "./en/evaluation.json";
import type explore from "./en/explore.json";
import type extensions from "./en/extensions.json";
import type generate from "./en/generate.json";
import type knowledgeSetup from "./en/knowledge-setup.json";
import type logs from "./en/logs.json";
import type members from "./en/members.json";
import type modelSetup from "./en/model-setup.json";
import type monitor from "./en/monitor.json";
import type nodes from "./en/nodes.json";
import type orchestration from "./en/orchestration.json";
import type panels from "./en/panels.json";
import type pipelinePage from "./en/pipeline-page.json";
import type pipelines from "./en/pipelines.json";
import type prompts from "./en/prompts.json";
import type proofs from "./en/proofs.json";
import type publishing from "./en/publishing.json";
import type replay from "./en/replay.json";
import type tools from "./en/tools.json";
import type tracing from "./en/tracing.json";
import type workflow from "./en/workflow.json";

export type Translation = typeof en & {
  annotations: typeof annotations;
  apiReference: typeof apiReference;
  documents: typeof documents;
  editors: typeof editors;
  evaluation: typeof evaluation;
  explore: typeof explore;
  extensions: typeof extensions;
  generate: typeof generate;
  knowledgeSetup: typeof knowledgeSetup;
  logs: typeof logs;
  members: typeof members;
  modelSetup: typeof modelSetup;
  monitor: typeof monitor;
  orchestration: typeof orchestration;
  panels: typeof panels;
  pipelinePage: typeof pipelinePage;
  pipelines: typeof pipelines;
  prompts: typeof prompts;
  proofs: typeof proofs;
  publishing: typeof publishing;
  nodes: typeof nodes;
  replay: typeof replay;
  tools: typeof tools;
  tracing: typeof tracing;
  workflow: typeof workflow;
};
export type Language = "en" | "zh-Hans" | "ja";

/** The languages of the interface, each by its own name. */
export const LANGUAGES: Record<Language, string> = { en: "English", "zh-Hans": "简体中文", ja: "日本語" };

type Loader = () => Promise<{ default: object }>;

const LOADERS: Record<Language, Loader> = {
  en: () => import("./en"),
  "zh-Hans": () => import("./zh-Hans"),
  ja: () => import("./ja"),
};

/** Areas with many texts, which come with the pages that show them. */
export const AREAS = {
  annotations: {
    en: () => import("./en/annotations.json"),
    "zh-Hans": () => import("./zh-Hans/annotations.json"),
    ja: () => import("./ja/annotations.json"),
  },
  apiReference: {
    en: () => import("./en/api-reference.json"),
    "zh-Hans": () => import("./zh-Hans/api-reference.json"),
    ja: () => import("./ja/api-reference.json"),
  },
  documents: {
    en: () => import("./en/documents.json"),
    "zh-Hans": () => import("./zh-Hans/documents.json"),
    ja: () => import("./ja/documents.json"),
  },
  editors: {
    en: () => import("./en/editors.json"),
    "zh-Hans": () => import("./zh-Hans/editors.json"),
    ja: () => import("./ja/editors.json"),
  },
  evaluation: {
    en: () => import("./en/evaluation.json"),
    "zh-Hans": () => import("./zh-Hans/evaluation.json"),
    ja: () => import("./ja/evaluation.json"),
  },
  explore: {
    en: () => import("./en/explore.json"),
    "zh-Hans": () => import("./zh-Hans/explore.json"),
    ja: () => import("./ja/explore.json"),
  },
  extensions: {
    en: () => import("./en/extensions.json"),
    "zh-Hans": () => import("./zh-Hans/extensions.json"),
    ja: () => import("./ja/extensions.json"),
  },
  generate: {
    en: () => import("./en/generate.json"),
    "zh-Hans": () => import("./zh-Hans/generate.json"),
    ja: () => import("./ja/generate.json"),
  },
  pipelinePage: {
    en: () => import("./en/pipeline-page.json"),
    "zh-Hans": () => import("./zh-Hans/pipeline-page.json"),
    ja: () => import("./ja/pipeline-page.json"),
  },
  pipelines: {
    en: () => import("./en/pipelines.json"),
    "zh-Hans": () => import("./zh-Hans/pipelines.json"),
    ja: () => import("./ja/pipelines.json"),
  },
  knowledgeSetup: {
    en: () => import("./en/knowledge-setup.json"),
    "zh-Hans": () => import("./zh-Hans/knowledge-setup.json"),
    ja: () => import("./ja/knowledge-setup.json"),
  },
  logs: {
    en: () => import("./en/logs.json"),
    "zh-Hans": () => import("./zh-Hans/logs.json"),
    ja: () => import("./ja/logs.json"),
  },
  members: {
    en: () => import("./en/members.json"),
    "zh-Hans": () => import("./zh-Hans/members.json"),
    ja: () => import("./ja/members.json"),
  },
  modelSetup: {
    en: () => import("./en/model-setup.json"),
    "zh-Hans": () => import("./zh-Hans/model-setup.json"),
    ja: () => import("./ja/model-setup.json"),
  },
  monitor: {
    en: () => import("./en/monitor.json"),
    "zh-Hans": () => import("./zh-Hans/monitor.json"),
    ja: () => import("./ja/monitor.json"),
  },
  orchestration: {
    en: () => import("./en/orchestration.json"),
    "zh-Hans": () => import("./zh-Hans/orchestration.json"),
    ja: () => import("./ja/orchestration.json"),
  },
  panels: {
    en: () => import("./en/panels.json"),
    "zh-Hans": () => import("./zh-Hans/panels.json"),
    ja: () => import("./ja/panels.json"),
  },
  prompts: {
    en: () => import("./en/prompts.json"),
    "zh-Hans": () => import("./zh-Hans/prompts.json"),
    ja: () => import("./ja/prompts.json"),
  },
  proofs: {
    en: () => import("./en/proofs.json"),
    "zh-Hans": () => import("./zh-Hans/proofs.json"),
    ja: () => import("./ja/proofs.json"),
  },
  publishing: {
    en: () => import("./en/publishing.json"),
    "zh-Hans": () => import("./zh-Hans/publishing.json"),
    ja: () => import("./ja/publishing.json"),
  },
  nodes: {
    en: () => import("./en/nodes.json"),
    "zh-Hans": () => import("./zh-Hans/nodes.json"),
    ja: () => import("./ja/nodes.json"),
  },
  replay: {
    en: () => import("./en/replay.json"),
    "zh-Hans": () => import("./zh-Hans/replay.json"),
    ja: () => import("./ja/replay.json"),
  },
  tools: {
    en: () => import("./en/tools.json"),
    "zh-Hans": () => import("./zh-Hans/tools.json"),
    ja: () => import("./ja/tools.json"),
  },
  tracing: {
    en: () => import("./en/tracing.json"),
    "zh-Hans": () => import("./zh-Hans/tracing.json"),
    ja: () => import("./ja/tracing.json"),
  },
  workflow: {
    en: () => import("./en/workflow.json"),
    "zh-Hans": () => import("./zh-Hans/workflow.json"),
    ja: () => import("./ja/workflow.json"),
  },
} satisfies Record<string, Record<Language, Loader>>;
type Area = keyof typeof AREAS;

const shown = new Set<Area>();

const KEY = "treadle.language";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: Translation };
  }
}

/** Our language for a tag such as `zh-CN`, `ja-JP` or `en_US`; null when we do not speak it. */
export function languageFor(tag: string | null | undefined): Language | null {
  const base = tag?.toLowerCase().replace("_", "-").split("-")[0];
  if (base === "zh") return "zh-Hans";
  return base === "en" || base === "ja" ? base : null;
}

function browserLanguage(): Language {
  for (const tag of navigator.languages) {
    const language = languageFor(tag);
    if (language !== null) return language;
  }
  return "en";
}

async function speak(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, "translation")) {
    const { default: texts } = await LOADERS[language]();
    i18next.addResourceBundle(language, "translation", texts);
  }
  await Promise.all([...shown].map((area) => load(area, language)));
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

async function load(area: Area, language: Language): Promise<void> {
  const { default: texts } = await AREAS[area][language]();
  i18next.addResourceBundle(language, "translation", { [area]: texts }, true);
}

/** A page, or a part of one, together with the texts of its areas. */
export async function withTexts<Page>(areas: Area | readonly Area[], page: Promise<Page>): Promise<Page> {
  const named = typeof areas === "string" ? [areas] : areas;
  for (const area of named) shown.add(area);
  const language = languageFor(i18next.language) ?? "en";
  const [loaded] = await Promise.all([page, ...named.map((area) => load(area, language))]);
  return loaded;
}

/** Starts with the language chosen in this browser, else the browser's own. */
export async function startTranslations(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: {},
    fallbackLng: false,
    interpolation: { escapeValue: false },
  });
  await speak(languageFor(localStorage.getItem(KEY)) ?? browserLanguage());
}

export async function chooseLanguage(tag: string): Promise<void> {
  const language = languageFor(tag) ?? "en";
  localStorage.setItem(KEY, language);
  await speak(language);
}

/** A published app's own language, unless the visitor chose one here (spec: console §12.2). */
export async function offerLanguage(tag: string | null): Promise<void> {
  const language = languageFor(tag);
  if (language !== null && localStorage.getItem(KEY) === null) await speak(language);
}
