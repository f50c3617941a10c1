import type { JsonObject } from "./json";

/** Events of a generation stream (spec: service API §4.3). Only what the pages read is typed. */
export type StreamEvent = { task_id?: string; conversation_id?: string; message_id?: string; workflow_run_id?: string | null } & (
  | { event: "message" | "agent_message"; answer: string }
  | { event: "message_replace"; answer: string; reason?: string }
  | { event: "message_end"; metadata?: MessageMetadata | null; files?: FileObject[] | null }
  | ({ event: "message_file" } & MessageFile)
  | ({ event: "agent_thought" } & AgentThought)
  | { event: "workflow_started"; data: { id: string; created_at: number } }
  | { event: "workflow_finished"; data: WorkflowFinished }
  | { event: "node_started"; data: NodeEvent }
  | { event: "node_finished"; data: NodeEvent }
  | { event: "node_retry"; data: NodeEvent }
  | { event: "iteration_started" | "loop_started"; data: ContainerEvent }
  | { event: "iteration_next" | "loop_next"; data: ContainerEvent }
  | { event: "iteration_completed" | "loop_completed"; data: ContainerEvent }
  | { event: "text_chunk"; data: { text: string } }
  | { event: "agent_log"; data: AgentLog }
  | { event: "human_input_required"; data: FormRequired }
  | { event: "human_input_form_filled" | "human_input_form_timeout"; data: { node_id: string } }
  | { event: "workflow_paused" }
  | { event: "error"; code: string; status: number; message: string }
  | { event: "other" }
);

/** A form that the run waits for. */
export interface FormRequired {
  form_id: string;
  /** Null when it went to somebody else. */
  form_token: string | null;
  node_id: string;
  node_title: string;
}

export interface MessageMetadata {
  retriever_resources?: RetrieverResource[] | null;
  usage?: { total_tokens?: number; latency?: number } | null;
}

export interface RetrieverResource {
  position: number;
  segment_id: string;
  document_name: string;
  score: number | null;
  content: string;
}

export interface FileObject {
  type: string;
  filename: string | null;
  mime_type?: string | null;
  size?: number | null;
  url: string | null;
}

export interface MessageFile {
  id: string;
  type: string;
  belongs_to: "user" | "assistant";
  url: string;
  filename?: string | null;
  mime_type?: string | null;
  size?: number | null;
  /** The upload behind a file of a question, to send it again. */
  upload_file_id?: string | null;
}

export interface AgentThought {
  id: string;
  position: number;
  thought: string;
  tool: string;
  tool_input: string;
  observation: string;
}

export type StepStatus = "running" | "succeeded" | "failed" | "exception" | "stopped" | "retry" | "paused" | "pending";

export interface NodeEvent {
  id: string;
  node_id: string;
  node_type: string;
  title: string;
  index?: number;
  status?: StepStatus;
  error?: string | null;
  elapsed_time?: number | null;
  created_at?: number;
  iteration_id?: string | null;
  loop_id?: string | null;
  /** The attempt that failed, from 1; on node_retry only. */
  retry_index?: number;
  execution_metadata?: JsonObject | null;
}

export interface ContainerEvent {
  id: string;
  node_id: string;
  node_type?: string;
  title: string;
  index?: number;
  status?: StepStatus;
  error?: string | null;
  elapsed_time?: number | null;
  metadata?: JsonObject | null;
  created_at?: number;
}

export interface AgentLog {
  id: string;
  node_id: string;
  label: string;
  status: string;
  parent_id?: string | null;
  error?: string | null;
}

export interface WorkflowFinished {
  id: string;
  status: RunStatus;
  outputs: JsonObject | null;
  error: string | null;
  elapsed_time: number;
  total_tokens: number;
  files?: FileObject[] | null;
}

export type RunStatus = "running" | "succeeded" | "failed" | "stopped" | "partial-succeeded" | "paused" | "scheduled";

const KNOWN = new Set<string>([
  ...["message", "agent_message", "message_replace", "message_end", "message_file", "agent_thought", "error"],
  ...["workflow_started", "workflow_finished", "node_started", "node_finished", "node_retry", "text_chunk"],
  ...["iteration_started", "iteration_next", "iteration_completed", "loop_started", "loop_next", "loop_completed"],
  ...["agent_log", "human_input_required", "human_input_form_filled", "human_input_form_timeout", "workflow_paused"],
]);

/** The event of one frame; `null` for keep-alives and frames that are not JSON. Unknown events become `other`. */
export function parseEvent(data: string): StreamEvent | null {
  if (data === "") return null;
  try {
    const value = JSON.parse(data) as { event?: unknown; task_id?: string };
    if (typeof value.event !== "string") return null;
    return (KNOWN.has(value.event) ? value : { ...value, event: "other" }) as StreamEvent;
  } catch {
    return null;
  }
}
