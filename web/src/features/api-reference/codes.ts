import type { AppMode } from "@/api/console";
import { groupsOf } from "./endpoints";

/** Every code of the API's errors, with its status; the words are in `apiReference.codes`. */
export const STATUS = {
  invalid_param: 400,
  bad_request: 400,
  app_unavailable: 400,
  not_chat_app: 400,
  not_workflow_app: 400,
  conversation_completed: 400,
  provider_not_initialize: 400,
  provider_quota_exceeded: 400,
  model_currently_not_support: 400,
  completion_request_error: 400,
  no_audio_uploaded: 400,
  provider_not_support_speech_to_text: 400,
  no_file_uploaded: 400,
  too_many_files: 400,
  filename_not_exists_error: 400,
  file_extension_blocked: 400,
  unauthorized: 401,
  forbidden: 403,
  file_access_denied: 403,
  not_found: 404,
  file_not_found: 404,
  end_user_not_found: 404,
  method_not_allowed: 405,
  request_too_large: 413,
  file_too_large: 413,
  audio_too_large: 413,
  unsupported_media_type: 415,
  unsupported_audio_type: 415,
  too_many_requests: 429,
  internal_server_error: 500,
} as const;

export type Code = keyof typeof STATUS;

/** What any call can come to. */
const EVERYWHERE: readonly Code[] = ["invalid_param", "bad_request", "unauthorized", "forbidden", "method_not_allowed", "request_too_large", "unsupported_media_type", "internal_server_error"];

/** The codes that apps of a mode answer with, by status. */
export function codesOf(mode: AppMode): Code[] {
  const own = new Set<string>([...EVERYWHERE, ...groupsOf(mode).flatMap(({ endpoints }) => endpoints.flatMap(({ errors }) => errors ?? []))]);
  return (Object.keys(STATUS) as Code[]).filter((code) => own.has(code));
}

const MESSAGE: readonly AppMode[] = ["chat", "agent-chat", "completion", "advanced-chat"];
const GRAPH: readonly AppMode[] = ["workflow", "advanced-chat"];
const ALL: readonly AppMode[] = [...MESSAGE, "workflow"];

const EVENT_MODES = {
  message: ["chat", "completion", "advanced-chat"],
  agent_message: ["agent-chat"],
  agent_thought: ["agent-chat"],
  message_file: ["agent-chat"],
  message_replace: MESSAGE,
  message_end: MESSAGE,
  workflow_started: GRAPH,
  node_started: GRAPH,
  node_finished: GRAPH,
  node_retry: GRAPH,
  iteration_started: GRAPH,
  iteration_next: GRAPH,
  iteration_completed: GRAPH,
  loop_started: GRAPH,
  loop_next: GRAPH,
  loop_completed: GRAPH,
  agent_log: GRAPH,
  reasoning_chunk: GRAPH,
  text_chunk: ["workflow"],
  human_input_required: GRAPH,
  human_input_form_filled: GRAPH,
  human_input_form_timeout: GRAPH,
  workflow_paused: GRAPH,
  workflow_finished: GRAPH,
  tts_message: ALL,
  tts_message_end: ALL,
  error: MESSAGE,
  ping: ALL,
} as const satisfies Record<string, readonly AppMode[]>;

export type EventName = keyof typeof EVENT_MODES;

/** The events that streams of a mode have; the words are in `apiReference.events`. */
export function eventsOf(mode: AppMode): EventName[] {
  return (Object.keys(EVENT_MODES) as EventName[]).filter((name) => (EVENT_MODES[name] as readonly AppMode[]).includes(mode));
}
