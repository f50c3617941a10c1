import type { Schemas } from "@/api/client";

export type AuthType = "none" | "api_key_header" | "api_key_query";
export type Prefix = "basic" | "bearer" | "custom";

/** How requests show who sends them, as a form holds it. */
export interface Auth {
  auth_type: AuthType;
  api_key_header: string;
  api_key_header_prefix: Prefix;
  api_key_query_param: string;
  api_key_value: string;
}

/** An API as the form holds it. */
export interface ApiForm {
  name: string;
  icon: Schemas["Icon"];
  description: string;
  schema: string;
  auth: Auth;
  labels: string[];
  privacy: string;
  disclaimer: string;
}

const NO_AUTH: Auth = { auth_type: "none", api_key_header: "Authorization", api_key_header_prefix: "bearer", api_key_query_param: "key", api_key_value: "" };

export const NEW_API: ApiForm = {
  name: "",
  icon: { content: "🔌", background: "#E4F0FF" },
  description: "",
  schema: "",
  auth: NO_AUTH,
  labels: [],
  privacy: "",
  disclaimer: "",
};

export function formOf(name: string, shown: Schemas["ApiShown"]): ApiForm {
  return {
    name,
    icon: shown.icon ?? NEW_API.icon,
    description: shown.description,
    schema: shown.schema,
    auth: { ...NO_AUTH, ...(shown.credentials as Partial<Auth>) },
    labels: shown.labels,
    privacy: shown.privacy_policy,
    disclaimer: shown.custom_disclaimer,
  };
}

/** What the server needs of the credentials: nothing of the kinds that were not chosen. */
export function credentialsOf(auth: Auth): Record<string, string> {
  const { auth_type, api_key_value } = auth;
  switch (auth_type) {
    case "none":
      return { auth_type };
    case "api_key_query":
      return { auth_type, api_key_value, api_key_query_param: auth.api_key_query_param };
    case "api_key_header":
      return { auth_type, api_key_value, api_key_header: auth.api_key_header, api_key_header_prefix: auth.api_key_header_prefix };
  }
}

/** `original`: the name that it has, for an API that there is already. */
export function bodyOf(form: ApiForm, original: string | undefined): Schemas["ApiBody"] {
  return {
    provider: form.name.trim(),
    original_provider: original ?? "",
    schema: form.schema,
    schema_type: "",
    credentials: credentialsOf(form.auth),
    icon: form.icon,
    description: form.description,
    labels: form.labels,
    privacy_policy: form.privacy,
    custom_disclaimer: form.disclaimer,
  };
}

/** A parameter's value as a request carries it; empty ones are left out, and JSON becomes what it says. */
export function argumentsOf(operation: Schemas["OperationShown"], values: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    operation.parameters.flatMap(({ name, type }): [string, unknown][] => {
      const value = values[name] ?? "";
      if (value === "") return [];
      return [[name, type === "object" || type === "array" ? parsed(value) : value]];
    }),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // the server says what is wrong with it
  }
}

/** A description to begin with. */
export const EXAMPLE = `openapi: 3.1.0
info:
  title: Weather
  version: "1"
servers:
  - url: https://api.open-meteo.com/v1
paths:
  /forecast:
    get:
      operationId: current_weather
      summary: The weather at a place now
      parameters:
        - name: latitude
          in: query
          required: true
          description: Degrees north
          schema: { type: number }
        - name: longitude
          in: query
          required: true
          description: Degrees east
          schema: { type: number }
        - name: current
          in: query
          description: What to tell, for example temperature_2m,wind_speed_10m
          schema: { type: string, default: "temperature_2m" }
      responses:
        "200": { description: The weather }
`;
