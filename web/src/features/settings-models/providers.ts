import { queryOptions } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";

export type ProviderEntry = Schemas["ProviderEntry"];
export type FormEntry = Schemas["FormEntry"];
export type ModelEntry = Schemas["ModelEntry"];

export const providersQuery = queryOptions({
  queryKey: ["models", "providers"],
  queryFn: async ({ signal }) => (await call(api.GET("/workspaces/current/model-providers", { signal }))).data,
});

export const modelsQuery = (provider: string) =>
  queryOptions({
    queryKey: ["models", "of", provider],
    queryFn: async ({ signal }) =>
      (await call(api.GET("/workspaces/current/model-providers/{provider}/models", { params: { path: { provider } }, signal }))).data,
  });

export const defaultQuery = (kind: string) =>
  queryOptions({
    queryKey: ["models", "default", kind],
    queryFn: async ({ signal }) =>
      (await call(api.GET("/workspaces/current/default-model", { params: { query: { model_type: kind as "llm" } }, signal }))).data,
  });

/** Whether anything of a provider can be used. */
export function isSetUp(provider: ProviderEntry): boolean {
  return provider.custom_configuration.status === "active" || provider.custom_configuration.custom_models.length > 0;
}

/** The fields to fill in: those without a condition, and those whose conditions all hold. */
export function shownFields(form: readonly FormEntry[], values: Readonly<Record<string, string>>): FormEntry[] {
  return form.filter((field) => field.show_on.every((condition) => (values[condition.variable] ?? "") === condition.value));
}

/** What a form begins with. */
export function firstValues(form: readonly FormEntry[]): Record<string, string> {
  return Object.fromEntries(form.flatMap((field) => (field.default === null ? [] : [[field.variable, field.default]])));
}
