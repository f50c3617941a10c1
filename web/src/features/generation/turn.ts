import type { AgentThought, FileObject, FormRequired, MessageFile, RetrieverResource, StreamEvent } from "@/api/events";
import { ApiError } from "@/api/http";
import type { JsonObject } from "@/api/json";
import type { Message } from "@/api/webapp-types";
import { reduceSteps, settleSteps, type Step } from "./steps";

export type TurnStatus = "running" | "succeeded" | "failed" | "stopped" | "partial-succeeded" | "lost";

/** A piece of an answer in the order it appeared: text, or one call of tools by an agent. */
export type Segment = { kind: "text"; text: string } | { kind: "tools"; thought: AgentThought };

export interface TurnError {
  code: string;
  message: string;
}

/** One generation as the pages show it, whether streamed, followed after a reload, or read from the log. */
export interface Turn {
  status: TurnStatus;
  /** The last event of the generation has been seen. */
  ended: boolean;
  taskId: string | null;
  messageId: string | null;
  conversationId: string | null;
  segments: readonly Segment[];
  files: readonly (FileObject | MessageFile)[];
  citations: readonly RetrieverResource[];
  steps: readonly Step[];
  outputs: JsonObject | null;
  error: TurnError | null;
  elapsed: number | null;
  tokens: number | null;
  /** Forms that somebody is to fill before the generation goes on. */
  forms: readonly FormRequired[];
  /** Nothing happens until a form was filled. */
  paused: boolean;
}

export const NEW_TURN: Turn = {
  status: "running",
  ended: false,
  taskId: null,
  messageId: null,
  conversationId: null,
  segments: [],
  files: [],
  citations: [],
  steps: [],
  outputs: null,
  error: null,
  elapsed: null,
  tokens: null,
  forms: [],
  paused: false,
};

export function answerText(turn: Turn): string {
  return turn.segments.map((segment) => (segment.kind === "text" ? segment.text : "")).join("");
}

/** The turn after one more event (spec: service API §4.3, §4.4). */
export function reduceTurn(before: Turn, event: StreamEvent): Turn {
  const turn: Turn = {
    ...before,
    taskId: event.task_id ?? before.taskId,
    messageId: event.message_id ?? before.messageId,
    conversationId: event.conversation_id ?? before.conversationId,
  };
  switch (event.event) {
    case "message":
    case "agent_message":
      return { ...turn, segments: appendText(turn.segments, event.answer) };
    case "text_chunk":
      return { ...turn, segments: appendText(turn.segments, event.data.text) };
    case "message_replace":
      return { ...turn, segments: [{ kind: "text", text: event.answer }] };
    case "agent_thought":
      return { ...turn, segments: putThought(turn.segments, event) };
    case "message_file":
      return event.belongs_to === "user" ? turn : { ...turn, files: [...turn.files, event] };
    case "message_end":
      return {
        ...turn,
        ended: true,
        forms: [],
        paused: false,
        status: turn.status === "running" ? "succeeded" : turn.status,
        citations: event.metadata?.retriever_resources ?? turn.citations,
        elapsed: event.metadata?.usage?.latency ?? turn.elapsed,
        tokens: event.metadata?.usage?.total_tokens ?? turn.tokens,
        files: mergeFiles(turn.files, event.files ?? []),
      };
    case "workflow_finished": {
      const { status, outputs, error, elapsed_time, total_tokens, files } = event.data;
      const settled = status === "stopped" || status === "failed" ? status : "succeeded";
      return {
        ...turn,
        ended: true,
        forms: [],
        paused: false,
        status: status === "partial-succeeded" || status === "failed" || status === "stopped" ? status : "succeeded",
        outputs,
        error: status === "failed" ? { code: "run_failed", message: error ?? "" } : turn.error,
        elapsed: elapsed_time,
        tokens: total_tokens,
        files: mergeFiles(turn.files, files ?? []),
        steps: settleSteps(turn.steps, settled),
      };
    }
    case "workflow_started":
      return { ...turn, paused: false };
    case "human_input_required":
      return { ...turn, forms: [...turn.forms.filter((form) => form.form_id !== event.data.form_id), event.data] };
    case "human_input_form_filled":
    case "human_input_form_timeout":
      return { ...turn, forms: turn.forms.filter((form) => form.node_id !== event.data.node_id) };
    case "workflow_paused":
      return { ...turn, paused: true };
    case "error":
      return {
        ...turn,
        ended: true,
        status: "failed",
        error: { code: event.code, message: event.message },
        steps: settleSteps(turn.steps, "failed"),
      };
    default:
      return { ...turn, steps: reduceSteps(turn.steps, event) };
  }
}

/** The turn that a failed request (no stream at all) amounts to. */
export function failTurn(turn: Turn, error: unknown): Turn {
  const known = error instanceof ApiError ? error : new ApiError(0, "unknown", "");
  return { ...turn, ended: true, status: "failed", error: { code: known.code, message: known.message } };
}

/** A message of the log as a turn, so that one component shows both. */
export function turnOfMessage(message: Message): Turn {
  return {
    ...NEW_TURN,
    status: message.status === "normal" ? "succeeded" : message.status === "error" ? "failed" : message.status,
    ended: message.status !== "running",
    taskId: message.task_id ?? null,
    messageId: message.id,
    conversationId: message.conversation_id,
    segments: storedSegments(message),
    files: message.message_files.filter((file) => file.belongs_to === "assistant"),
    citations: message.retriever_resources,
    error: message.error === null || message.error === "" ? null : { code: "stored", message: message.error },
  };
}

function storedSegments(message: Message): Segment[] {
  const thoughts = message.agent_thoughts.toSorted((a, b) => a.position - b.position);
  const tools = thoughts.filter((thought) => thought.tool !== "");
  if (tools.length === 0) return textSegments(message.answer);
  const spoken = thoughts.map((thought) => thought.thought).join("");
  if (spoken.trim() !== message.answer.trim()) {
    return [...tools.map((thought): Segment => ({ kind: "tools", thought })), ...textSegments(message.answer)];
  }
  return thoughts.flatMap((thought): Segment[] => [
    ...textSegments(thought.thought),
    ...(thought.tool === "" ? [] : [{ kind: "tools" as const, thought }]),
  ]);
}

function textSegments(text: string): Segment[] {
  return text === "" ? [] : [{ kind: "text", text }];
}

function appendText(segments: readonly Segment[], text: string): readonly Segment[] {
  if (text === "") return segments;
  const last = segments.at(-1);
  if (last?.kind !== "text") return [...segments, { kind: "text", text }];
  return segments.with(-1, { kind: "text", text: last.text + text });
}

/** The same thought comes several times as it fills up; it is shown once it names a tool. */
function putThought(segments: readonly Segment[], thought: AgentThought): readonly Segment[] {
  if (thought.tool === "") return segments;
  const at = segments.findIndex((segment) => segment.kind === "tools" && segment.thought.id === thought.id);
  return at < 0 ? [...segments, { kind: "tools", thought }] : segments.with(at, { kind: "tools", thought });
}

function mergeFiles<T extends { url: string | null }>(files: readonly T[], more: readonly T[]): readonly T[] {
  return [...files, ...more.filter((file) => !files.some((known) => known.url === file.url))];
}
