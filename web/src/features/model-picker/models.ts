import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";
import { jsonText, type JsonObject, type JsonValue } from "@/api/json";

export type ModelKind = "llm" | "text-embedding" | "rerank" | "speech2text" | "tts" | "moderation";
export type ProviderModels = Schemas["ProviderModels"];
export type ModelEntry = Schemas["ModelEntry"];
export type ParameterRule = Schemas["Rule"];

/** Which model, as app files hold it. */
export interface ModelSettings {
  provider?: string;
  name?: string;
  mode?: string;
  completion_params?: JsonObject;
}

export const pickerQuery = (kind: ModelKind) =>
  queryOptions({
    queryKey: ["models", "picker", kind],
    queryFn: ({ signal }) => call(api.GET("/workspaces/current/models/model-types/{model_type}", { params: { path: { model_type: kind } }, signal })),
    staleTime: 60_000,
  });

export const rulesQuery = (provider: string, model: string) =>
  queryOptions({
    queryKey: ["models", "rules", provider, model],
    queryFn: ({ signal }) =>
      call(api.GET("/workspaces/current/model-providers/{provider}/models/parameter-rules", { params: { path: { provider }, query: { model } }, signal })),
    enabled: provider !== "" && model !== "",
    staleTime: 300_000,
  });

/** `langgenius/openai/openai` and `openai` are the same provider (spec workflow-nodes §0.8). */
export function sameProvider(one: string, other: string): boolean {
  return shortName(one) === shortName(other);
}

function shortName(provider: string): string {
  return provider.split("/").at(-1) ?? provider;
}

export type ModelState = "none" | "loading" | "ok" | "deprecated" | "disabled" | "notConfigured" | "removedProvider" | "removedModel";

export interface FoundModel {
  state: ModelState;
  provider?: ProviderModels;
  model?: ModelEntry;
}

/** The model that settings name, and how it is (spec console §2.3). */
export function findModel(list: readonly ProviderModels[] | undefined, provider: string, name: string): FoundModel {
  if (name === "") return { state: "none" };
  if (list === undefined) return { state: "loading" };
  const owner = list.find((each) => each.provider === provider) ?? list.find((each) => sameProvider(each.provider, provider));
  if (owner === undefined) return { state: "removedProvider" };
  const model = owner.models.find((each) => each.model === name);
  if (model === undefined) return { state: "removedModel", provider: owner };
  const state: ModelState =
    model.status === "disabled" ? "disabled" : model.status === "no-configure" ? "notConfigured" : model.deprecated ? "deprecated" : "ok";
  return { state, provider: owner, model };
}

export function useModel(kind: ModelKind, provider: string, name: string): FoundModel {
  return findModel(useQuery(pickerQuery(kind)).data?.data, provider, name);
}

export function hasFeature(model: ModelEntry | undefined, feature: string): boolean {
  return model?.features.includes(feature) === true;
}

export function modeOf(model: ModelEntry | undefined): string {
  const mode = model?.model_properties.mode;
  return typeof mode === "string" ? mode : "chat";
}

/** Four presets (spec console §2.3). */
export const PRESETS = {
  creative: { temperature: 0.8, top_p: 0.9, presence_penalty: 0.1, frequency_penalty: 0.1 },
  balanced: { temperature: 0.5, top_p: 0.85, presence_penalty: 0.2, frequency_penalty: 0.3 },
  precise: { temperature: 0.2, top_p: 0.75, presence_penalty: 0.5, frequency_penalty: 0.5 },
} as const;

/** The parameters with those of a preset that the model has. */
export function withPreset(parameters: JsonObject, preset: keyof typeof PRESETS, rules: readonly ParameterRule[]): JsonObject {
  const known = new Map(rules.map((rule) => [rule.name, rule]));
  const next = { ...parameters };
  for (const [name, value] of Object.entries(PRESETS[preset])) {
    const rule = known.get(name);
    if (rule !== undefined) next[name] = clamped(value, rule);
  }
  return next;
}

/** A number inside the rule's bounds, with no more digits than it allows. */
export function clamped(value: number, rule: ParameterRule): number {
  const digits = rule.type === "int" ? 0 : (rule.precision ?? undefined);
  const bounded = Math.min(Math.max(value, rule.min ?? -Infinity), rule.max ?? Infinity);
  return digits === undefined ? bounded : Number(bounded.toFixed(digits));
}

/** The parameters that another model takes too, numbers inside its bounds, and the names of those it does not. */
export function carried(parameters: JsonObject, rules: readonly ParameterRule[]): { kept: JsonObject; dropped: string[] } {
  const known = new Map(rules.map((rule) => [rule.name, rule]));
  const kept: JsonObject = {};
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    const rule = known.get(name);
    if (name === "stop") kept[name] = value;
    else if (rule === undefined || !fits(value, rule)) dropped.push(name);
    else kept[name] = typeof value === "number" ? clamped(value, rule) : value;
  }
  return { kept, dropped };
}

function fits(value: JsonValue, rule: ParameterRule): boolean {
  if (rule.type === "int" || rule.type === "float") return typeof value === "number";
  if (rule.type === "boolean") return typeof value === "boolean";
  return rule.options.length === 0 || rule.options.includes(jsonText(value));
}

/** A context of tokens as people say it: 128K, 1M. */
export function shortCount(count: unknown): string {
  const number = Number(count);
  if (!Number.isFinite(number) || number <= 0) return "";
  if (number >= 1_000_000) return `${String(Math.round(number / 100_000) / 10)}M`;
  return number >= 1000 ? `${String(Math.round(number / (number % 1024 === 0 ? 1024 : 1000)))}K` : String(number);
}
