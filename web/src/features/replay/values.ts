import type { JsonObject, JsonValue } from "@/api/json";
import { parseJson } from "@/api/json";
import type { ReplayVariable } from "./api";

/** What an editor shows of a value: text as it is, anything else as JSON. */
export function editorText({ known, value }: Pick<ReplayVariable, "known" | "value">): string {
  if (!known) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Text stays text where text was, or where nothing was and it is no JSON; undefined for what should be JSON and is not. */
export function editedValue(text: string, { known, value }: Pick<ReplayVariable, "known" | "value">): JsonValue | undefined {
  if (known && typeof value === "string") return text;
  const parsed = parseJson(text);
  return parsed === undefined && (!known || value === null) ? text : parsed;
}

/** The variables that were given another value; null when one of them is no JSON where there was a number or the like. */
export function changedInputs(variables: readonly ReplayVariable[], texts: Readonly<Record<string, string>>): JsonObject | null {
  const inputs: JsonObject = {};
  for (const variable of variables) {
    const text = texts[variable.key];
    if (text === undefined || text === editorText(variable)) continue;
    const value = editedValue(text, variable);
    if (value === undefined) return null;
    inputs[variable.key] = value;
  }
  return inputs;
}

/** All values as one JSON text, to be edited together. */
export function asJson(variables: readonly ReplayVariable[], texts: Readonly<Record<string, string>>): string {
  const all = variables.flatMap((variable) => {
    const text = texts[variable.key] ?? editorText(variable);
    return text === "" && !variable.known ? [] : [[variable.key, editedValue(text, variable) ?? text] as const];
  });
  return JSON.stringify(Object.fromEntries(all), null, 2);
}

/** The texts of single editors for what was written as one JSON text; null when that is no object. */
export function fromJson(variables: readonly ReplayVariable[], json: string): Record<string, string> | null {
  const all = parseJson(json);
  if (all === undefined || all === null || typeof all !== "object" || Array.isArray(all)) return null;
  return Object.fromEntries(
    variables.flatMap((variable) => {
      const value = all[variable.key];
      return value === undefined ? [] : [[variable.key, editorText({ known: true, value })]];
    }),
  );
}
