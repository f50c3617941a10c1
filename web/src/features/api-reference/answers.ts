import type { JsonObject, JsonValue } from "@/api/json";
import type { EndpointId } from "./endpoints";
import type { Facts } from "./facts";

/** What the endpoints answer. Ids and times are made up, and the same in every answer. */

const MESSAGE = "01a21536-796c-72e8-8d6b-0b25fceb4c07";
const CONVERSATION = "01a21536-796c-707c-b463-5e701669128f";
const TASK = "01a21536-796c-7383-ba9e-bff8dd6f292e";
const RUN = "01a21536-7cc6-709f-9eb5-2adf7be4506c";
const VERSION = "01a21536-7c98-7824-9b98-a19478e7b238";
const PERSON = "01a21536-7965-7dec-b2b9-e45a26311fea";
const AT = 1795652221;
const DONE: JsonObject = { result: "success" };

const USAGE: JsonObject = {
  prompt_tokens: 23,
  prompt_unit_price: "0.15",
  prompt_price_unit: "0.000001",
  prompt_price: "0.0000035",
  completion_tokens: 8,
  completion_unit_price: "0.6",
  completion_price_unit: "0.000001",
  completion_price: "0.0000048",
  total_tokens: 31,
  total_price: "0.0000083",
  currency: "USD",
  latency: 0.412,
  time_to_first_token: 0.12,
  time_to_generate: 0.292,
};
const METADATA: JsonObject = { usage: USAGE, retriever_resources: [], annotation_reply: null };
const ANSWER = "I can answer questions about our products.";

const message = ({ mode }: Facts): JsonObject => ({
  event: "message",
  task_id: TASK,
  id: MESSAGE,
  message_id: MESSAGE,
  ...(mode === "completion" ? {} : { conversation_id: CONVERSATION }),
  mode,
  answer: ANSWER,
  metadata: METADATA,
  created_at: AT,
});

const finished: JsonObject = {
  id: RUN,
  workflow_id: VERSION,
  status: "succeeded",
  outputs: { text: "Done." },
  error: null,
  elapsed_time: 1.234,
  total_tokens: 31,
  total_steps: 3,
  created_at: AT,
  finished_at: AT + 1,
};
const run: JsonObject = { task_id: TASK, workflow_run_id: RUN, data: finished };

const conversation = ({ inputs }: Facts): JsonObject => ({
  id: CONVERSATION,
  name: "Opening hours",
  inputs,
  status: "normal",
  introduction: "",
  created_at: AT,
  updated_at: AT,
});

const variable: JsonObject = { id: PERSON, name: "city", value_type: "string", value: "Oslo", description: "", created_at: AT, updated_at: AT };
const annotation: JsonObject = { id: RUN, question: "When are you open?", answer: "From nine to five.", hit_count: 0, created_at: AT };

export const ANSWERS: Record<EndpointId, JsonValue | ((facts: Facts) => JsonValue)> = {
  sendMessage: message,
  stopMessage: DONE,
  complete: message,
  stopText: DONE,
  run,
  runVersion: run,
  stopRun: DONE,
  readRun: ({ inputs }) => ({ ...finished, inputs: JSON.stringify(inputs) }),
  followRun: null,
  listRuns: {
    page: 1,
    limit: 20,
    total: 1,
    has_more: false,
    data: [
      {
        id: RUN,
        workflow_run: {
          id: RUN,
          version: "2026-11-26 00:17:02.104475",
          status: "succeeded",
          triggered_from: "app-run",
          error: null,
          elapsed_time: 1.234,
          total_tokens: 31,
          total_steps: 3,
          created_at: AT,
          finished_at: AT + 1,
          exceptions_count: 0,
        },
        details: null,
        created_from: "service-api",
        created_by_role: "end_user",
        created_by_account: null,
        created_by_end_user: { id: PERSON, type: "service_api", is_anonymous: false, session_id: "ada" },
        created_at: AT + 1,
      },
    ],
  },
  readForm: {
    form_content: "Shall this go out?",
    inputs: [{ output_variable_name: "comment", type: "paragraph" }],
    resolved_default_values: {},
    user_actions: [{ id: "approve", title: "Approve" }],
    expiration_time: AT + 86400,
  },
  answerForm: {},
  listConversations: (facts) => ({ limit: 20, has_more: false, data: [conversation(facts)] }),
  listMessages: ({ inputs }) => ({
    limit: 20,
    has_more: false,
    data: [
      {
        id: MESSAGE,
        conversation_id: CONVERSATION,
        parent_message_id: "00000000-0000-0000-0000-000000000000",
        inputs,
        query: "What can you do for me?",
        answer: ANSWER,
        status: "normal",
        error: null,
        message_files: [],
        feedback: null,
        retriever_resources: [],
        agent_thoughts: [],
        created_at: AT,
      },
    ],
  }),
  rename: conversation,
  deleteConversation: DONE,
  listVariables: { limit: 20, has_more: false, data: [variable] },
  setVariable: variable,
  suggested: { result: "success", data: ["Which products do you know?", "Can I talk to a person?", "What does it cost?"] },
  rate: DONE,
  listFeedback: {
    data: [
      {
        id: RUN,
        app_id: VERSION,
        conversation_id: CONVERSATION,
        message_id: MESSAGE,
        rating: "like",
        content: "Clear and short.",
        from_source: "user",
        from_end_user_id: PERSON,
        from_account_id: null,
        created_at: "2026-11-26T00:17:01",
        updated_at: "2026-11-26T00:17:01",
      },
    ],
  },
  upload: {
    id: "01a21536-7daa-73e3-9422-7ca5c3cb780f",
    name: "note.txt",
    size: 1024,
    extension: "txt",
    mime_type: "text/plain",
    created_by: PERSON,
    created_at: AT,
    preview_url: null,
    source_url: "/files/01a21536-7daa-73e3-9422-7ca5c3cb780f/file-preview?sign=…",
  },
  preview: null,
  hear: { text: "When are you open?" },
  speak: null,
  listAnnotations: { data: [annotation], has_more: false, limit: 20, total: 1, page: 1 },
  addAnnotation: annotation,
  changeAnnotation: annotation,
  deleteAnnotation: null,
  switchReplies: { job_id: TASK, job_status: "waiting" },
  replyStatus: { job_id: TASK, job_status: "completed", error_msg: "" },
  info: ({ name, description, mode }) => ({ name, description, tags: [], mode, author_name: null }),
  parameters: ({ parameters }) => parameters,
  site: ({ name, description }) => ({
    title: name,
    chat_color_theme: null,
    chat_color_theme_inverted: false,
    icon_type: "emoji",
    icon: "🧭",
    icon_background: null,
    icon_url: null,
    description,
    copyright: null,
    privacy_policy: null,
    custom_disclaimer: "",
    input_placeholder: "",
    default_language: "en-US",
    show_workflow_steps: true,
    use_icon_as_answer_icon: false,
  }),
  meta: { tool_icons: {} },
  endUser: {
    id: PERSON,
    tenant_id: VERSION,
    app_id: RUN,
    type: "service-api",
    external_user_id: "ada",
    name: null,
    is_anonymous: false,
    session_id: "ada",
    created_at: "2026-11-26T00:17:01+00:00",
    updated_at: "2026-11-26T00:17:01+00:00",
  },
};

/** The events that an app of this mode streams in the plainest case, as they come. */
export function streamOf({ mode, name }: Facts): JsonObject[] {
  const ids: JsonObject = { task_id: TASK, message_id: MESSAGE, ...(mode === "completion" ? {} : { conversation_id: CONVERSATION }), created_at: AT };
  const running: JsonObject = { task_id: TASK, workflow_run_id: RUN };
  const spoken: JsonObject[] = [
    { event: mode === "agent-chat" ? "agent_message" : "message", ...ids, answer: "I can " },
    { event: mode === "agent-chat" ? "agent_message" : "message", ...ids, answer: "answer questions about our products." },
  ];
  const ended: JsonObject = { event: "message_end", ...ids, metadata: METADATA, files: [] };
  const started: JsonObject[] = [
    { event: "workflow_started", ...running, data: { id: RUN, workflow_id: VERSION, inputs: {}, created_at: AT, reason: "initial" } },
    { event: "node_started", ...running, data: { id: TASK, node_id: "start", node_type: "start", title: name, index: 1, predecessor_node_id: null } },
    { event: "node_finished", ...running, data: { id: TASK, node_id: "start", node_type: "start", status: "succeeded", outputs: {}, elapsed_time: 0.001 } },
  ];
  const over: JsonObject = { event: "workflow_finished", ...running, data: finished };
  switch (mode) {
    case "workflow":
      return [...started, { event: "text_chunk", ...running, data: { text: "Done.", from_variable_selector: ["llm", "text"] } }, over];
    case "advanced-chat":
      return [...started, ...spoken, over, ended];
    default:
      return [...spoken, ended];
  }
}
