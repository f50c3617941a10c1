import type { Schemas } from "@/api/client";
import { isJsonObject, type JsonObject } from "@/api/json";
import type { FieldDefinition, FieldType, FormItem } from "@/api/webapp-types";

export type BasicMode = "chat" | "agent-chat" | "completion";
export type AppDetail = Schemas["AppDetail"];

/** What is asked of people before they begin. */
export interface Variable extends FieldDefinition {
  type: FieldType;
}

/** A feature that is on or off. */
export function isOn(configuration: JsonObject, feature: string): boolean {
  const settings = configuration[feature];
  return isJsonObject(settings) && settings.enabled === true;
}

export function switched(configuration: JsonObject, feature: string, enabled: boolean): JsonObject {
  const settings = configuration[feature];
  return { ...configuration, [feature]: { ...(isJsonObject(settings) ? settings : {}), enabled } };
}

export function textIn(configuration: JsonObject, key: string): string {
  const value = configuration[key];
  return typeof value === "string" ? value : "";
}

export function formIn(configuration: JsonObject): FormItem[] {
  return Array.isArray(configuration.user_input_form) ? (configuration.user_input_form as unknown as FormItem[]) : [];
}

export function variablesIn(configuration: JsonObject): Variable[] {
  return formIn(configuration).flatMap((item) =>
    (Object.entries(item) as [FieldType, FieldDefinition][]).map(([type, definition]) => ({ ...definition, type })),
  );
}

export function withVariables(configuration: JsonObject, variables: readonly Variable[]): JsonObject {
  const form = variables.map(({ type, ...definition }) => ({ [type]: definition }));
  return { ...configuration, user_input_form: form };
}

/** The names in `{{ }}` that no variable has; `query` and blocks with a sign are the app's own. */
export function unknownNames(prompt: string, variables: readonly Variable[]): string[] {
  const known = new Set([...variables.map((variable) => variable.variable), "query"]);
  const names = [...prompt.matchAll(/\{\{\s*([A-Za-z_]\w*)\s*\}\}/g)].map((match) => match[1] ?? "");
  return [...new Set(names)].filter((name) => !known.has(name));
}

/** Renames a variable in a prompt. */
export function renamed(prompt: string, from: string, to: string): string {
  return prompt.replaceAll(new RegExp(`\\{\\{\\s*${from}\\s*\\}\\}`, "g"), `{{${to}}}`);
}

export function newVariable(name: string): Variable {
  return { type: "text-input", variable: name, label: name, required: true, max_length: 48 };
}

/** The ids of the knowledge bases that are asked. */
export function basesIn(configuration: JsonObject): string[] {
  const configs = configuration.dataset_configs;
  const list = isJsonObject(configs) && isJsonObject(configs.datasets) ? configs.datasets.datasets : [];
  if (!Array.isArray(list)) return [];
  return list.flatMap((item) => (isJsonObject(item) && isJsonObject(item.dataset) && typeof item.dataset.id === "string" ? [item.dataset.id] : []));
}

export function withBases(configuration: JsonObject, ids: readonly string[]): JsonObject {
  const configs = isJsonObject(configuration.dataset_configs) ? configuration.dataset_configs : { retrieval_model: "multiple" };
  const datasets = { datasets: ids.map((id) => ({ dataset: { enabled: true, id } })) };
  return { ...configuration, dataset_configs: { ...configs, datasets } };
}

export function toolsIn(configuration: JsonObject): JsonObject[] {
  const mode = configuration.agent_mode;
  const tools = isJsonObject(mode) ? mode.tools : [];
  return Array.isArray(tools) ? tools.filter(isJsonObject) : [];
}

export function withTools(configuration: JsonObject, tools: readonly JsonObject[]): JsonObject {
  const mode = isJsonObject(configuration.agent_mode) ? configuration.agent_mode : { strategy: null, prompt: null };
  return { ...configuration, agent_mode: { ...mode, enabled: true, tools: [...tools] } };
}
