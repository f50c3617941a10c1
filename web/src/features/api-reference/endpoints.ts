import type { AppMode } from "@/api/console";
import type { JsonValue } from "@/api/json";
import type { Facts } from "./facts";

/** What programs can ask of an app under `/v1`. A test of the server compares this list with its routes; the words are in
 * `apiReference.endpoints` and `apiReference.parameters`. */

type Method = "GET" | "POST" | "PUT" | "DELETE";
export type Place = "path" | "query" | "body" | "form";
type Kind = "text" | "number" | "boolean" | "object" | "list" | "file" | "uuid" | "time" | "any";

export interface Parameter {
  name: string;
  in: Place;
  type: Kind;
  required?: true;
  /** In the example request; left out of it without. */
  example?: JsonValue | ((facts: Facts) => JsonValue);
  /** Words of its own, where the same name means something else elsewhere. */
  words?: string;
  /** Only apps of these modes take it. */
  modes?: readonly AppMode[];
}

export interface Endpoint {
  id: string;
  method: Method;
  path: string;
  modes: readonly AppMode[];
  parameters: readonly Parameter[];
  /** Beside the ones that every endpoint has. */
  errors?: readonly string[];
  /** Answers in one piece or as a stream of events. */
  streams?: true;
  /** Answers with a file of this name. */
  file?: string;
}

const CHAT: readonly AppMode[] = ["chat", "agent-chat", "advanced-chat"];
const CHATFLOW: readonly AppMode[] = ["advanced-chat"];
const COMPLETION: readonly AppMode[] = ["completion"];
const WORKFLOW: readonly AppMode[] = ["workflow"];
const GRAPH: readonly AppMode[] = ["workflow", "advanced-chat"];
const ALL: readonly AppMode[] = [...CHAT, "completion", "workflow"];

const USER = "ada";
const path = (name: string): Parameter => ({ name, in: "path", type: "uuid", required: true });
const user = (place: Place): Parameter => ({ name: "user", in: place, type: "text", required: true, example: USER });
const ownUser = (place: Place): Parameter => ({ name: "user", in: place, type: "text", example: USER });
const inputs: Parameter = { name: "inputs", in: "body", type: "object", required: true, example: (facts) => facts.inputs };
const mode: Parameter = { name: "response_mode", in: "body", type: "text", example: (facts) => (facts.streaming ? "streaming" : "blocking") };
const files: Parameter = { name: "files", in: "body", type: "list" };
const version: Parameter = { name: "workflow_id", in: "body", type: "uuid", modes: CHATFLOW };
const limit: Parameter = { name: "limit", in: "query", type: "number", example: 20 };
const page: Parameter = { name: "page", in: "query", type: "number", example: 1 };
const MODEL_ERRORS = ["provider_not_initialize", "provider_quota_exceeded", "model_currently_not_support", "completion_request_error", "too_many_requests"];
const texts: readonly Parameter[] = [
  { name: "question", in: "body", type: "text", required: true, example: "When are you open?" },
  { name: "answer", in: "body", type: "text", required: true, example: "From nine to five.", words: "annotationAnswer" },
];

const asking = [
  {
    id: "sendMessage", method: "POST", path: "/chat-messages", modes: CHAT, streams: true,
    parameters: [
      { name: "query", in: "body", type: "text", required: true, example: "What can you do for me?" },
      inputs,
      user("body"),
      mode,
      { name: "conversation_id", in: "body", type: "uuid" },
      files,
      { name: "auto_generate_name", in: "body", type: "boolean" },
      version,
    ],
    errors: ["not_chat_app", "conversation_completed", "not_found", ...MODEL_ERRORS],
  },
  { id: "stopMessage", method: "POST", path: "/chat-messages/{task_id}/stop", modes: CHAT, parameters: [path("task_id"), user("body")], errors: ["not_chat_app"] },
  {
    id: "complete", method: "POST", path: "/completion-messages", modes: COMPLETION, streams: true,
    parameters: [inputs, user("body"), mode, { name: "query", in: "body", type: "text", words: "completionQuery" }, files],
    errors: ["app_unavailable", ...MODEL_ERRORS],
  },
  { id: "stopText", method: "POST", path: "/completion-messages/{task_id}/stop", modes: COMPLETION, parameters: [path("task_id"), user("body")], errors: ["app_unavailable"] },
  { id: "run", method: "POST", path: "/workflows/run", modes: WORKFLOW, streams: true, parameters: [inputs, user("body"), mode, files], errors: ["not_workflow_app", "too_many_requests"] },
  {
    id: "runVersion", method: "POST", path: "/workflows/{workflow_id}/run", modes: WORKFLOW, streams: true,
    parameters: [path("workflow_id"), inputs, user("body"), mode, files],
    errors: ["not_workflow_app", "not_found", "too_many_requests"],
  },
  { id: "stopRun", method: "POST", path: "/workflows/tasks/{task_id}/stop", modes: WORKFLOW, parameters: [path("task_id"), user("body")], errors: ["not_workflow_app"] },
] as const satisfies readonly Endpoint[];

const runs = [
  { id: "readRun", method: "GET", path: "/workflows/run/{workflow_run_id}", modes: GRAPH, parameters: [path("workflow_run_id")], errors: ["not_workflow_app", "not_found"] },
  {
    id: "followRun", method: "GET", path: "/workflow/{workflow_run_id}/events", modes: GRAPH,
    parameters: [path("workflow_run_id"), user("query"), { name: "continue_on_pause", in: "query", type: "boolean" }],
    errors: ["not_workflow_app", "not_found"],
  },
  {
    id: "listRuns", method: "GET", path: "/workflows/logs", modes: ALL,
    parameters: [
      page,
      limit,
      { name: "status", in: "query", type: "text", example: "succeeded" },
      { name: "keyword", in: "query", type: "text", words: "runKeyword" },
      { name: "created_at__after", in: "query", type: "time" },
      { name: "created_at__before", in: "query", type: "time" },
      { name: "created_by_end_user_session_id", in: "query", type: "text" },
      { name: "created_by_account", in: "query", type: "text" },
    ],
  },
  { id: "readForm", method: "GET", path: "/form/human_input/{form_token}", modes: GRAPH, parameters: [{ ...path("form_token"), type: "text" }], errors: ["not_workflow_app", "not_found"] },
  {
    id: "answerForm", method: "POST", path: "/form/human_input/{form_token}", modes: GRAPH,
    parameters: [
      { ...path("form_token"), type: "text" },
      { name: "action", in: "body", type: "text", required: true, example: "approve" },
      { name: "inputs", in: "body", type: "object", example: { comment: "Looks good." }, words: "formInputs" },
      user("body"),
    ],
    errors: ["not_workflow_app", "not_found"],
  },
] as const satisfies readonly Endpoint[];

const conversations = [
  {
    id: "listConversations", method: "GET", path: "/conversations", modes: CHAT,
    parameters: [ownUser("query"), limit, { name: "last_id", in: "query", type: "uuid" }, { name: "sort_by", in: "query", type: "text" }],
    errors: ["not_chat_app", "not_found"],
  },
  {
    id: "listMessages", method: "GET", path: "/messages", modes: CHAT,
    parameters: [
      { name: "conversation_id", in: "query", type: "uuid", required: true, example: "CONVERSATION_ID", words: "conversation" },
      ownUser("query"),
      limit,
      { name: "first_id", in: "query", type: "uuid" },
    ],
    errors: ["not_chat_app", "not_found"],
  },
  {
    id: "rename", method: "POST", path: "/conversations/{conversation_id}/name", modes: CHAT,
    parameters: [
      { ...path("conversation_id"), words: "conversation" },
      { name: "name", in: "body", type: "text", example: "Opening hours" },
      { name: "auto_generate", in: "body", type: "boolean" },
      ownUser("body"),
    ],
    errors: ["not_chat_app", "not_found"],
  },
  {
    id: "deleteConversation", method: "DELETE", path: "/conversations/{conversation_id}", modes: CHAT,
    parameters: [{ ...path("conversation_id"), words: "conversation" }, ownUser("body")],
    errors: ["not_chat_app", "not_found"],
  },
  {
    id: "listVariables", method: "GET", path: "/conversations/{conversation_id}/variables", modes: CHATFLOW,
    parameters: [
      { ...path("conversation_id"), words: "conversation" },
      ownUser("query"),
      limit,
      { name: "last_id", in: "query", type: "uuid", words: "lastVariable" },
      { name: "variable_name", in: "query", type: "text" },
    ],
    errors: ["not_chat_app", "not_found"],
  },
  {
    id: "setVariable", method: "PUT", path: "/conversations/{conversation_id}/variables/{variable_id}", modes: CHATFLOW,
    parameters: [
      { ...path("conversation_id"), words: "conversation" },
      path("variable_id"),
      { name: "value", in: "body", type: "any", required: true, example: "Oslo" },
      ownUser("body"),
    ],
    errors: ["not_chat_app", "not_found"],
  },
] as const satisfies readonly Endpoint[];

const answers = [
  { id: "suggested", method: "GET", path: "/messages/{message_id}/suggested", modes: CHAT, parameters: [path("message_id"), user("query")], errors: ["not_chat_app", "bad_request", "not_found"] },
  {
    id: "rate", method: "POST", path: "/messages/{message_id}/feedbacks", modes: [...CHAT, ...COMPLETION],
    parameters: [
      path("message_id"),
      { name: "rating", in: "body", type: "text", example: "like" },
      { name: "content", in: "body", type: "text", example: "Clear and short." },
      user("body"),
    ],
    errors: ["not_found"],
  },
  { id: "listFeedback", method: "GET", path: "/app/feedbacks", modes: [...CHAT, ...COMPLETION], parameters: [page, limit] },
] as const satisfies readonly Endpoint[];

const media = [
  {
    id: "upload", method: "POST", path: "/files/upload", modes: ALL,
    parameters: [{ name: "file", in: "form", type: "file", required: true, example: "note.txt" }, ownUser("form")],
    errors: ["no_file_uploaded", "too_many_files", "filename_not_exists_error", "file_extension_blocked", "file_too_large"],
  },
  {
    id: "preview", method: "GET", path: "/files/{file_id}/preview", modes: ALL, file: "file",
    parameters: [path("file_id"), { name: "as_attachment", in: "query", type: "boolean" }],
    errors: ["file_access_denied", "file_not_found"],
  },
  {
    id: "hear", method: "POST", path: "/audio-to-text", modes: ALL,
    parameters: [{ name: "file", in: "form", type: "file", required: true, example: "question.mp3", words: "recording" }, ownUser("form")],
    errors: ["app_unavailable", "no_audio_uploaded", "audio_too_large", "unsupported_audio_type", "provider_not_support_speech_to_text"],
  },
  {
    id: "speak", method: "POST", path: "/text-to-audio", modes: ALL, file: "speech.mp3",
    parameters: [
      { name: "text", in: "body", type: "text", example: "Good morning" },
      { name: "message_id", in: "body", type: "uuid", words: "spokenMessage" },
      { name: "voice", in: "body", type: "text" },
      ownUser("body"),
    ],
    errors: ["app_unavailable", "provider_not_initialize", "not_found"],
  },
] as const satisfies readonly Endpoint[];

const annotations = [
  {
    id: "listAnnotations", method: "GET", path: "/apps/annotations", modes: CHAT,
    parameters: [page, limit, { name: "keyword", in: "query", type: "text" }],
    errors: ["not_chat_app"],
  },
  { id: "addAnnotation", method: "POST", path: "/apps/annotations", modes: CHAT, parameters: texts, errors: ["not_chat_app"] },
  { id: "changeAnnotation", method: "PUT", path: "/apps/annotations/{annotation_id}", modes: CHAT, parameters: [path("annotation_id"), ...texts], errors: ["not_chat_app", "not_found"] },
  { id: "deleteAnnotation", method: "DELETE", path: "/apps/annotations/{annotation_id}", modes: CHAT, parameters: [path("annotation_id")], errors: ["not_chat_app", "not_found"] },
  {
    id: "switchReplies", method: "POST", path: "/apps/annotation-reply/{action}", modes: CHAT,
    parameters: [
      { ...path("action"), type: "text", example: "enable", words: "replyAction" },
      { name: "score_threshold", in: "body", type: "number", required: true, example: 0.9 },
      { name: "embedding_provider_name", in: "body", type: "text", required: true, example: "openai" },
      { name: "embedding_model_name", in: "body", type: "text", required: true, example: "text-embedding-3-small" },
    ],
    errors: ["not_chat_app"],
  },
  {
    id: "replyStatus", method: "GET", path: "/apps/annotation-reply/{action}/status/{job_id}", modes: CHAT,
    parameters: [{ ...path("action"), type: "text", example: "enable", words: "replyAction" }, path("job_id")],
    errors: ["not_chat_app", "not_found"],
  },
] as const satisfies readonly Endpoint[];

const about = [
  { id: "info", method: "GET", path: "/info", modes: ALL, parameters: [] },
  { id: "parameters", method: "GET", path: "/parameters", modes: ALL, parameters: [], errors: ["app_unavailable"] },
  { id: "site", method: "GET", path: "/site", modes: ALL, parameters: [] },
  { id: "meta", method: "GET", path: "/meta", modes: ALL, parameters: [] },
  { id: "endUser", method: "GET", path: "/end-users/{end_user_id}", modes: ALL, parameters: [path("end_user_id")], errors: ["end_user_not_found"] },
] as const satisfies readonly Endpoint[];

/** In the order in which they are shown. */
export const GROUPS = { asking, runs, conversations, answers, media, annotations, about } satisfies Record<string, readonly Endpoint[]>;

export type GroupId = keyof typeof GROUPS;
export type EndpointId = (typeof GROUPS)[GroupId][number]["id"];

interface Group {
  id: GroupId;
  endpoints: readonly (Endpoint & { id: EndpointId })[];
}

/** The endpoints that serve apps of a mode, in their groups; a group without any is left out. */
export function groupsOf(mode: AppMode): Group[] {
  return (Object.keys(GROUPS) as GroupId[])
    .map((id): Group => ({ id, endpoints: (GROUPS[id] as Group["endpoints"]).filter(({ modes }) => modes.includes(mode)) }))
    .filter(({ endpoints }) => endpoints.length > 0);
}

/** The parameters that an endpoint has in apps of a mode. */
export function parametersOf(endpoint: Endpoint, mode: AppMode): Parameter[] {
  return endpoint.parameters.filter(({ modes }) => modes?.includes(mode) ?? true);
}
