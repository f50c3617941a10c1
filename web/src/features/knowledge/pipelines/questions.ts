import type { Schemas } from "@/api/client";
import type { JsonObject } from "@/api/json";
import type { FieldDefinition, FieldType, FormItem } from "@/api/webapp-types";

export type PipelineSource = Schemas["PipelineSource"];
export type PipelineOrder = Schemas["PipelineRun"];

/** What a pipeline asks for, as the form of an app. */
export function formOf(questions: readonly Record<string, unknown>[]): FormItem[] {
  return questions.flatMap((question) => {
    const { type, variable, default_value, tooltips, ...rest } = question as JsonObject;
    if (typeof type !== "string" || typeof variable !== "string") return [];
    const field = { ...rest, variable, default: default_value ?? null, hint: typeof tooltips === "string" ? tooltips : null };
    return [{ [type as FieldType]: field as unknown as FieldDefinition }];
  });
}
