import { fetchOk, jsonOf, withQuery } from "@/api/http";
import type { JsonObject } from "@/api/json";
import type { DraftContent } from "../graph/draft";
import type { FlowMode, FlowVariable, NodeData, PipelineVariable } from "../graph/types";

export interface Draft extends DraftContent {
  hash: string;
  variables_hash: string;
  updated_at: number;
  updated_by: string | null;
}

export interface DraftToSave {
  graph: JsonObject;
  hash: string;
  features?: JsonObject;
  environment_variables?: readonly FlowVariable[];
  conversation_variables?: readonly FlowVariable[];
  rag_pipeline_variables?: readonly PipelineVariable[];
  variables_hash?: string;
}

export interface DraftSaved {
  hash: string;
  variables_hash: string;
  updated_at: number;
}

export interface Finding {
  kind: string;
  severity: "error" | "warning";
  message: string;
  node_id: string | null;
  node_title: string | null;
  field: string | null;
}

export interface Block {
  type: string;
  title: string;
  config: NodeData;
}

export interface VersionEntry {
  id: string;
  version: string;
  marked_name: string;
  marked_comment: string;
  current: boolean;
  created_by: { id: string; name: string } | null;
  created_at: number;
}

export interface Version extends VersionEntry {
  hash: string;
  graph: JsonObject;
  features: JsonObject;
  environment_variables: FlowVariable[];
  conversation_variables: FlowVariable[];
  rag_pipeline_variables?: PipelineVariable[];
}

export interface ToolProvider {
  id: string;
  name: string;
  type: string;
  label: Record<string, string>;
  description: Record<string, string>;
  tools: Tool[];
}

export interface Tool {
  name: string;
  label: Record<string, string>;
  description: Record<string, string>;
  parameters: JsonObject[];
}

export interface ImportAnswer {
  id: string;
  status: "completed" | "completed-with-warnings" | "pending" | "failed";
  error: string;
}

const ROOT = "/console/api";

function app(id: string): string {
  return `${ROOT}/apps/${encodeURIComponent(id)}`;
}

/** The part of the console's API that the canvas uses. */
export const workflowApi = {
  app: (id: string) => get<{ id: string; name: string; mode: string; published_version_id: string | null; site: { code: string } | null }>(app(id)),
  draft: (id: string) => get<Draft>(`${app(id)}/workflows/draft`),
  /** `parting` lets the save outlive the page; browsers take at most 64 kilobytes for that. */
  saveDraft: (id: string, draft: DraftToSave, parting = false) => send<DraftSaved>("POST", `${app(id)}/workflows/draft`, draft, parting),
  check: (id: string) => get<{ publishable: boolean; data: Finding[] }>(`${app(id)}/workflows/draft/check`),
  blocks: async (id: string) => (await get<{ data: Block[] }>(`${app(id)}/workflows/default-workflow-block-configs`)).data,
  systemVariables: async (id: string) => (await get<{ items: { name: string; value_type: string }[] }>(`${app(id)}/workflows/draft/system-variables`)).items,
  published: (id: string) => get<Version | null>(`${app(id)}/workflows/publish`),
  publish: (id: string, marks: { marked_name: string; marked_comment: string }) =>
    send<{ id: string; version: string; created_at: number }>("POST", `${app(id)}/workflows/publish`, marks),
  versions: (id: string, query: { page: number; named_only: boolean; user_id?: string | undefined }) =>
    get<{ items: VersionEntry[]; has_more: boolean; total: number }>(withQuery(`${app(id)}/workflows`, { ...query, limit: 20 })),
  version: (id: string, version: string) => get<Version>(`${app(id)}/workflows/${encodeURIComponent(version)}`),
  describeVersion: (id: string, version: string, marks: { marked_name: string; marked_comment: string }) =>
    send<unknown>("PATCH", `${app(id)}/workflows/${encodeURIComponent(version)}`, marks),
  restoreVersion: (id: string, version: string, hash: string) =>
    send<DraftSaved>("POST", `${app(id)}/workflows/${encodeURIComponent(version)}/restore`, { hash }),
  deleteVersion: (id: string, version: string) => send<unknown>("DELETE", `${app(id)}/workflows/${encodeURIComponent(version)}`),
  exportFile: async (id: string, mode: FlowMode) =>
    (await get<{ data: string }>(mode === "rag-pipeline" ? `${ROOT}/rag/pipelines/${encodeURIComponent(id)}/exports` : `${app(id)}/export`)).data,
  importOver: async (id: string, mode: FlowMode, text: string): Promise<ImportAnswer> => {
    const file = { mode: "yaml-content", yaml_content: text };
    if (mode !== "rag-pipeline") return send<ImportAnswer>("POST", `${ROOT}/apps/imports`, { ...file, app_id: id });
    await send<unknown>("POST", `${ROOT}/rag/pipelines/imports`, { ...file, pipeline_id: id });
    return { id: "", status: "completed", error: "" };
  },
  confirmImport: (id: string) => send<ImportAnswer>("POST", `${ROOT}/apps/imports/${encodeURIComponent(id)}/confirm`),
  tools: (kind: string) => get<ToolProvider[]>(`${ROOT}/workspaces/current/tools/${kind}`),
};

async function get<T>(url: string): Promise<T> {
  return jsonOf<T>(await fetchOk(url, { credentials: "same-origin" }));
}

async function send<T>(method: string, url: string, body: object = {}, keepalive = false): Promise<T> {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrfToken() };
  return jsonOf<T>(await fetchOk(url, { method, credentials: "same-origin", headers, body: JSON.stringify(body), keepalive }));
}

function csrfToken(): string {
  const pair = document.cookie.split("; ").find((cookie) => cookie.startsWith("treadle_csrf="));
  return pair === undefined ? "" : decodeURIComponent(pair.slice("treadle_csrf=".length));
}
