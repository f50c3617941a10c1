import type { TFunction } from "i18next";
import { blockLook, blockOffers, type Block, type Offer, type Vocabulary } from "@/features/editors/vocabulary";
import type { Variable } from "./variables";

interface Placeholders {
  variables: readonly Variable[];
  blocks?: readonly Block[];
  /** Makes a variable, named as was typed if that can be, and gives its name. */
  onNew?: (typed: string, fetched: boolean) => string;
}

const PATTERN = /\{\{\s*([a-zA-Z_]\w{0,29})\s*\}\}|\{\{#(context|histories|query)#\}\}/g;

/** The names in double braces of apps without a canvas: `{{name}}`. */
export function placeholders(t: TFunction, { variables, blocks = [], onNew }: Placeholders): Vocabulary {
  const known = new Map(variables.map((variable) => [variable.variable, variable]));
  return {
    pattern: PATTERN,
    look: (match) => {
      const [, name, block] = match;
      if (name === undefined) return blockLook(t, block as Block);
      const found = known.get(name);
      if (found === undefined && name !== "query") return { origin: "", path: name, state: "missing", title: t("orchestration.unknownName", { name }) };
      return { origin: "", path: name, state: "ok", title: found === undefined ? t("editors.blocks.query") : `${found.label} · ${t(`orchestration.types.${found.type as "number"}`)}` };
    },
    offers: (search) => [...blockOffers(t, blocks, search), ...variables.filter(matching(search)).map((variable) => offerOf(t, variable)), ...(onNew === undefined ? [] : making(t, search, onNew))],
  };
}

function matching(search: string): (variable: Variable) => boolean {
  const wanted = search.trim().toLowerCase();
  return ({ variable, label }) => `${variable} ${label}`.toLowerCase().includes(wanted);
}

function offerOf(t: TFunction, { variable, label, type }: Variable): Offer {
  const fetched = type === "external_data_tool";
  return {
    label: variable,
    detail: label === variable ? t(`orchestration.types.${type as "number"}`) : label,
    section: fetched ? { name: t("orchestration.fetched"), rank: 2 } : { name: t("orchestration.variables"), rank: 1 },
    insert: `{{${variable}}}`,
  };
}

function making(t: TFunction, search: string, onNew: NonNullable<Placeholders["onNew"]>): Offer[] {
  const section = { name: t("orchestration.new"), rank: 3 };
  const typed = search.trim();
  const line = (key: "newVariable" | "newFetched", fetched: boolean): Offer => ({
    label: t(`orchestration.${key}`),
    ...(typed === "" ? {} : { detail: typed }),
    section,
    insert: () => `{{${onNew(typed, fetched)}}}`,
  });
  return [line("newVariable", false), line("newFetched", true)];
}
