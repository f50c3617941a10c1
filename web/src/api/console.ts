import type { RunStatus, StepStatus } from "./events";
import { fetchOk, jsonOf, withQuery } from "./http";
import type { JsonObject, JsonValue } from "./json";

export type AppMode = "chat" | "agent-chat" | "advanced-chat" | "completion" | "workflow";

export interface Account {
  id: string;
  name: string;
  email: string;
}

export interface App {
  id: string;
  name: string;
  mode: AppMode;
  icon: string | null;
  icon_background: string | null;
  description: string | null;
  site_code: string | null;
  site_enabled: boolean;
  updated_at: number;
}

export interface Run {
  id: string;
  app_id: string;
  app_name: string;
  mode: AppMode;
  status: RunStatus;
  created_at: number;
  finished_at: number | null;
  elapsed_time: number | null;
  total_tokens: number | null;
  total_steps: number | null;
  error: string | null;
  created_from: string | null;
  end_user: string | null;
  preview: RunPreview | null;
}

export interface RunPreview {
  query?: string | null;
  answer?: string | null;
  inputs?: JsonValue;
  outputs?: JsonValue;
}

export interface RunNode {
  id: string;
  node_id: string;
  node_type: string;
  title: string;
  index: number;
  status: StepStatus;
  error: string | null;
  inputs: JsonValue;
  process_data: JsonValue;
  outputs: JsonValue;
  elapsed_time: number | null;
  execution_metadata: JsonObject | null;
  created_at: number;
  finished_at: number | null;
  predecessor_node_id: string | null;
  iteration_id: string | null;
  loop_id: string | null;
  retry_index: number | null;
}

export interface RunDetail extends Run {
  inputs: JsonValue;
  outputs: JsonValue;
  nodes: RunNode[];
  message?: { query: string; answer: string; conversation_id: string } | null;
}

export interface RunPage {
  data: Run[];
  next_cursor: string | null;
}

function csrfToken(): string {
  const pair = document.cookie.split("; ").find((cookie) => cookie.startsWith("treadle_csrf="));
  return pair === undefined ? "" : decodeURIComponent(pair.slice("treadle_csrf=".length));
}

async function get<T>(path: string): Promise<T> {
  return jsonOf<T>(await fetchOk(`/console/api${path}`, { credentials: "same-origin" }));
}

async function post<T>(path: string, body: JsonObject): Promise<T> {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrfToken() };
  const init: RequestInit = { method: "POST", credentials: "same-origin", headers, body: JSON.stringify(body) };
  return jsonOf<T>(await fetchOk(`/console/api${path}`, init));
}

/** The console's API. The session is a cookie; every write carries the CSRF token of its cookie. */
export const consoleApi = {
  setup: () => get<{ completed: boolean }>("/setup"),
  completeSetup: (form: { email: string; name: string; password: string }) => post<unknown>("/setup", form),
  signIn: (form: { email: string; password: string }) => post<unknown>("/signin", form),
  signOut: () => post<unknown>("/signout", {}),
  account: () => get<Account>("/account"),
  apps: async () => (await get<{ data: App[] }>("/apps")).data,
  runs: (query: { app?: string; status?: string; cursor?: string; limit?: number }) =>
    get<RunPage>(withQuery("/runs", { app_id: query.app, status: query.status, cursor: query.cursor, limit: query.limit })),
  run: (id: string) => get<RunDetail>(`/runs/${encodeURIComponent(id)}`),
};
