import type { JsonObject } from "@/api/json";
import type { ModelSettings } from "@/features/model-picker/models";
import type { Selector } from "@/features/workflow/graph/types";

export interface Binding {
  variable: string;
  value_selector: Selector;
  value_type?: string;
}

export interface MemoryData {
  role_prefix?: { user?: string; assistant?: string } | null;
  window?: { enabled?: boolean; size?: number | string | null };
  query_prompt_template?: string | null;
}

export interface VisionData {
  enabled?: boolean;
  configs?: { variable_selector?: Selector; detail?: string } | null;
}

export interface ModelData {
  model: ModelSettings;
}

/** The model as the generators of prompts and schemas take it. */
export function asJson(model: ModelSettings | undefined): JsonObject | undefined {
  return model?.name === undefined || model.name === "" ? undefined : ({ ...model });
}

/** The list with one item replaced. */
export function withItem<T>(items: readonly T[], at: number, item: T): T[] {
  return items.map((each, position) => (position === at ? item : each));
}

export function withoutItem<T>(items: readonly T[], at: number): T[] {
  return items.filter((_, position) => position !== at);
}

/** `wish`, or the first `wish1`, `wish2`… that is still free. */
export function freeName(wish: string, taken: readonly string[]): string {
  if (!taken.includes(wish)) return wish;
  for (let number = 2; ; number++) {
    const name = `${wish}${String(number)}`;
    if (!taken.includes(name)) return name;
  }
}
