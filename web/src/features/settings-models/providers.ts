import { queryOptions } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";

export type ProviderEntry = Schemas["ProviderEntry"];
export type FormEntry = Schemas["FormEntry"];
export type ModelEntry = Schemas["ModelEntry"];
export type Credential = Schemas["Resting"];

/** A model of a provider, as the API asks for one. */
export interface ModelChoice {
  model: string;
  model_type: string;
}

/** Whose credentials: a provider's own, or those of one of its models. */
export interface Owner {
  provider: ProviderEntry;
  model?: ModelEntry | undefined;
}

export const providersQuery = queryOptions({
  queryKey: ["models", "providers"],
  queryFn: async ({ signal }) => (await call(api.GET("/workspaces/current/model-providers", { signal }))).data,
});

export const modelsQuery = (provider: string) =>
  queryOptions({
    queryKey: ["models", "of", provider],
    queryFn: ({ signal }) => call(api.GET("/workspaces/current/model-providers/{provider}/models", { params: { path: { provider } }, signal })),
  });

export const defaultQuery = (kind: string) =>
  queryOptions({
    queryKey: ["models", "default", kind],
    queryFn: async ({ signal }) =>
      (await call(api.GET("/workspaces/current/default-model", { params: { query: { model_type: kind as "llm" } }, signal }))).data,
  });

export const pricesQuery = queryOptions({
  queryKey: ["models", "prices"],
  queryFn: async ({ signal }) => (await call(api.GET("/workspaces/current/model-prices", { signal }))).data,
});

const WATCHED_EVERY = 10_000;
const RESTING_EVERY = 1000;

/** The credentials of an owner, whether they take turns, and how long each rests yet; asked again while one looks. */
export const credentialsQuery = ({ provider, model }: Owner) =>
  queryOptions({
    queryKey: ["models", "credentials", provider.provider, model?.model_type ?? "", model?.model ?? ""],
    queryFn: async ({ signal }) => {
      const path = { provider: provider.provider };
      const found =
        model === undefined
          ? await call(api.GET("/workspaces/current/model-providers/{provider}/credentials", { params: { path }, signal }))
          : await call(
              api.GET("/workspaces/current/model-providers/{provider}/models/credentials", {
                params: { path, query: { model: model.model, model_type: model.model_type } },
                signal,
              }),
            );
      return found.load_balancing;
    },
    refetchInterval: ({ state }) => (state.data?.configs.some((each) => each.in_cooldown) === true ? RESTING_EVERY : WATCHED_EVERY),
  });

/** The name of the row that stands for the provider's credential among those of a model. */
export const INHERITED = "__inherit__";

/** What is sent for a secret that stays as it is stored. */
export const HIDDEN = "[__HIDDEN__]";

/** Whether anything of a provider can be used. */
export function isSetUp(provider: ProviderEntry): boolean {
  return provider.custom_configuration.status === "active" || provider.custom_configuration.custom_models.length > 0;
}

/** The form that opens an owner: a listed model is opened by its provider's. */
export function formOf({ provider, model }: Owner, newModel = false): FormEntry[] {
  const own = newModel || model?.fetch_from === "customizable-model";
  return (own ? provider.model_credential_schema : provider.provider_credential_schema).credential_form_schemas;
}

/** The fields to fill in: those without a condition, and those whose conditions all hold. */
export function shownFields(form: readonly FormEntry[], values: Readonly<Record<string, string>>): FormEntry[] {
  return form.filter((field) => holds(field.show_on, values));
}

/** The choices of a field that the other values leave. */
export function shownOptions(field: FormEntry, values: Readonly<Record<string, string>>): FormEntry["options"] {
  return field.options.filter((option) => holds(option.show_on, values));
}

function holds(conditions: FormEntry["show_on"], values: Readonly<Record<string, string>>): boolean {
  return conditions.every((condition) => (values[condition.variable] ?? "") === condition.value);
}

/** What a form begins with; `stored` secrets stay out, for nobody can read them. */
export function firstValues(form: readonly FormEntry[], stored: Readonly<Record<string, string | boolean>> = {}): Record<string, string> {
  return Object.fromEntries(
    form.flatMap((field) => {
      const kept = stored[field.variable];
      if (kept !== undefined && field.type !== "secret-input") return [[field.variable, String(kept)]];
      return field.default === null || kept !== undefined ? [] : [[field.variable, field.default]];
    }),
  );
}

/** What is sent: the filled-in fields, and for a stored secret that nobody typed anew that it stays. */
export function filledIn(
  fields: readonly FormEntry[],
  values: Readonly<Record<string, string>>,
  stored: Readonly<Record<string, string | boolean>> = {},
): Record<string, string> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = (values[field.variable] ?? "").trim();
      if (value !== "") return [[field.variable, value]];
      return field.type === "secret-input" && stored[field.variable] !== undefined ? [[field.variable, HIDDEN]] : [];
    }),
  );
}

/** Whether an address means the machine that asks: inside a container that is the container. */
export function isLoopback(address: string): boolean {
  return /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])(?=[:/]|$)/i.test(address.trim());
}
