import type { JsonObject } from "@/api/json";
import type { FieldDefinition, FieldType, FormItem } from "@/api/webapp-types";
import { nameProblem, type NameProblem } from "@/features/variables/tokens";
import { mapsIn, section, textIn, withSection } from "./configuration";

/** What is asked of people before they begin, or fetched for them (`external_data_tool`). */
export interface Variable extends FieldDefinition {
  type: FieldType;
  /** Of a variable that is fetched: with what. */
  tool?: { enabled: boolean; type: string; config: JsonObject };
}

/** Names that the app itself gives a meaning. */
const RESERVED = new Set(["context", "histories"]);
export const LABEL_LIMIT = 100;

export function formIn(configuration: JsonObject): FormItem[] {
  return mapsIn(configuration, "user_input_form");
}

/** The items of the form that people fill in. */
export function askedForm(configuration: JsonObject): FormItem[] {
  return formIn(configuration).filter((item) => !("external_data_tool" in item));
}

/** The variables of the form, then those that old files fetch beside it. */
export function variablesIn(configuration: JsonObject): Variable[] {
  const asked = mapsIn(configuration, "user_input_form").flatMap((item) => Object.entries(item).map(([type, definition]) => read(type as FieldType, definition as JsonObject)));
  const names = new Set(asked.map((variable) => variable.variable));
  const fetched = mapsIn(configuration, "external_data_tools").map((tool) => read("external_data_tool", tool));
  return [...asked, ...fetched.filter((variable) => !names.has(variable.variable))];
}

function read(type: FieldType, definition: JsonObject): Variable {
  const variable = { ...(definition as unknown as FieldDefinition), type };
  if (type !== "external_data_tool") return variable;
  const { enabled, config } = definition;
  return {
    variable: textIn(definition, "variable"),
    label: textIn(definition, "label") || textIn(definition, "variable"),
    type,
    tool: { enabled: enabled !== false, type: textIn(definition, "type") || "api", config: section({ config: config ?? {} }, "config") },
  };
}

export function withVariables(configuration: JsonObject, variables: readonly Variable[]): JsonObject {
  const form = variables.map(({ type, tool, ...definition }) => ({
    [type]: { ...(definition as unknown as JsonObject), ...(tool === undefined ? {} : { ...tool }) },
  }));
  return { ...configuration, user_input_form: form, external_data_tools: [] };
}

export function withVariable(configuration: JsonObject, variable: Variable): JsonObject {
  return withVariables(configuration, [...variablesIn(configuration), variable]);
}

const NAMES = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/g;

/** Every text of the configuration in which variables may stand. */
function textsOf(configuration: JsonObject): string[] {
  const messages = mapsIn(section(configuration, "chat_prompt_config"), "prompt").map((message) => textIn(message, "text"));
  const completion = textIn(section(section(configuration, "completion_prompt_config"), "prompt"), "text");
  const prompt = configuration.prompt_type === "advanced" ? [...messages, completion] : [textIn(configuration, "pre_prompt")];
  return [...prompt, textIn(configuration, "opening_statement")];
}

/** The names in `{{ }}` that no variable has; `query` and blocks with a sign are the app's own. */
export function unknownNames(configuration: JsonObject): string[] {
  const known = new Set([...variablesIn(configuration).map((variable) => variable.variable), "query"]);
  const names = textsOf(configuration).flatMap((text) => [...text.matchAll(NAMES)].map((match) => match[1] ?? ""));
  return [...new Set(names)].filter((name) => !known.has(name));
}

export function isUsed(configuration: JsonObject, name: string): boolean {
  if (configuration.dataset_query_variable === name) return true;
  return textsOf(configuration).some((text) => [...text.matchAll(NAMES)].some((match) => match[1] === name));
}

/** A configuration whose texts name a variable anew. */
export function withRenamed(configuration: JsonObject, from: string, to: string): JsonObject {
  const rename = (text: string) => text.replaceAll(new RegExp(`\\{\\{\\s*${from}\\s*\\}\\}`, "g"), `{{${to}}}`);
  const messages = mapsIn(section(configuration, "chat_prompt_config"), "prompt");
  const completion = section(section(configuration, "completion_prompt_config"), "prompt");
  let next: JsonObject = { ...configuration };
  for (const key of ["pre_prompt", "opening_statement"]) if (typeof next[key] === "string") next[key] = rename(next[key]);
  if (messages.length > 0) next = withSection(next, "chat_prompt_config", { prompt: messages.map((message) => ({ ...message, text: rename(textIn(message, "text")) })) });
  if (typeof completion.text === "string") next = withSection(next, "completion_prompt_config", { prompt: { ...completion, text: rename(completion.text) } });
  if (next.dataset_query_variable === from) next.dataset_query_variable = to;
  const variables = variablesIn(next).map((each) => (each.variable === from ? { ...each, variable: to, label: each.label === from ? to : each.label } : each));
  return withVariables(next, variables);
}

export function nameFault(name: string, others: readonly string[]): NameProblem | "reserved" | null {
  return nameProblem(name, others) ?? (RESERVED.has(name) ? "reserved" : null);
}

export function newVariable(name: string): Variable {
  return { type: "text-input", variable: name, label: name, required: true, max_length: 48 };
}

/** A variable that an API extension gives. */
export function newFetched(name: string): Variable {
  return { type: "external_data_tool", variable: name, label: name, tool: { enabled: true, type: "api", config: {} } };
}

/** A name that no variable has yet: the one that is wanted, if it can be one. */
export function freeName(variables: readonly Variable[], wanted: string): string {
  const taken = variables.map((variable) => variable.variable);
  if (nameFault(wanted, taken) === null) return wanted;
  let number = variables.length + 1;
  while (taken.includes(`input_${number}`)) number += 1;
  return `input_${number}`;
}
