import { api, call, type Schemas } from "./client";
import type { RunStatus, StepStatus } from "./events";
import type { JsonObject, JsonValue } from "./json";

export type AppMode = Schemas["AppMode"];

/** Who is signed in, with role and workspace. */
export type Account = Schemas["Myself"];

/** An app in a list. */
export type App = Schemas["AppEntry"];

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
  triggered_from: string;
  total_price: string;
  currency: string;
  /** The run that this one repeats, and how. */
  replay_of: string | null;
  replay: Replay | null;
}

export type Replay = Schemas["LoggedReplay"];
export type ReplayRun = Schemas["LoggedReplayRun"];

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
  message?: { id: string; query: string; answer: string; conversation_id: string } | null;
  replays: ReplayRun[];
}

export interface RunPage {
  data: Run[];
  next_cursor: string | null;
}

/** The log of runs. */
export const consoleApi = {
  runs: async (query: { app_id?: string; status?: string; cursor?: string; limit?: number }) =>
    (await call(api.GET("/runs", { params: { query } }))) as RunPage,
  run: async (id: string) => (await call(api.GET("/runs/{run_id}", { params: { path: { run_id: id } } }))) as RunDetail,
};
