/** What the mock's apps say, as scripts of events. */
import { randomUUID } from "node:crypto";

const LONG = `<think>The person asks about tides. I know the table for today; a short answer with a table helps most.</think>High water today is at **14:10** (3.4 m), low water at 20:22.

## The day at a glance

| Time | Height | Note |
|------|-------:|------|
| 02:05 | 3.2 m | night |
| 08:11 | 0.9 m | low water |
| 14:10 | 3.4 m | high water |
| 20:22 | 0.8 m | low water |

Three things to remember:

1. The basin gate opens *one hour before* high water.
2. Boats over 12 m need a pilot, see [the rules](https://harbour.example/rules).
3. The wind adds up to 30 cm.

\`\`\`python
def next_high_water(table: list[Tide], now: datetime) -> Tide:
    """The first high water after now."""
    return min((tide for tide in table if tide.high and tide.at > now), key=lambda tide: tide.at)
\`\`\`

The height over the sill follows the rule of twelfths: \\(h = h_0 + \\frac{1}{12}\\Delta h\\) in the first hour.

> Swimming in the basin is not allowed.
`;

const tokens = (text) => text.match(/\s*\S+|\s+$/g) ?? [];

export function chatScript(query) {
  if (/fail/i.test(query)) {
    return [[300, { event: "message", answer: "I was about to" }], [400, { event: "error", code: "completion_request_error", status: 400, message: "The model server refused the connection." }]];
  }
  const text = /short/i.test(query) ? "High water is at **14:10**." : LONG;
  const metadata = {
    retriever_resources: [
      { position: 1, segment_id: "s1", document_name: "rules-of-the-harbour.md", score: 0.8312, content: "No swimming in the basin. Boats over 12 m take a pilot." },
      { position: 2, segment_id: "s2", document_name: "tide-table-2025.csv", score: 0.5127, content: "2025-05-03;14:10;3.4;high" },
    ],
  };
  return [...tokens(text).map((answer) => [45, { event: "message", answer }]), [20, { event: "message_end", metadata, files: null }, true]];
}

function node(id, node_id, node_type, title, index, extra = {}) {
  return { id, node_id, node_type, title, index, inputs: null, process_data: null, outputs: null, error: null, execution_metadata: null, ...extra };
}

function nodeEvents(node_type, title, index, middle = [], extra = {}, status = "succeeded", pause = 250) {
  const id = randomUUID();
  const data = node(id, `n${index}`, node_type, title, index, extra);
  return [
    [60, { event: "node_started", data: { ...data, created_at: Date.now() / 1000 } }],
    ...middle,
    [pause, { event: "node_finished", data: { ...data, status, elapsed_time: 0.05 + pause / 1000, error: status === "failed" ? "HTTP 503 from the address service" : null } }],
  ];
}

function finished(status, outputs, error = null) {
  return { event: "workflow_finished", data: { id: randomUUID(), status, outputs, error, elapsed_time: 3.42, total_tokens: 412, total_steps: 7, files: [] } };
}

export function flowScript(query, inputs) {
  const letter = `Dear ${inputs.name ?? "customer"},\n\nthank you for your letter. We looked into it at once:\n\n- the parcel left our house on Monday,\n- it is due on **Thursday**.\n\nShould it not arrive, we send another one free of charge.\n\nYours,\nthe letter desk`;
  const answer = tokens(letter).map((text) => [50, { event: "message", answer: text, from_variable_selector: ["n4", "text"] }]);
  const file = { type: "document", filename: "draft-letter.docx", size: 18432, url: "/files/draft.docx", transfer_method: "tool_file" };
  const start = [[30, { event: "workflow_started", data: { id: randomUUID(), created_at: Date.now() / 1000 } }]];
  if (/fail/i.test(query)) {
    return [...start, ...nodeEvents("start", "Letter", 1), ...nodeEvents("http-request", "Ask the address service", 2, [], {}, "failed", 700), [10, finished("failed", null, "HTTP 503 from the address service")], [10, { event: "error", code: "invalid_param", status: 400, message: "Run failed: HTTP 503 from the address service" }]];
  }
  return [
    ...start,
    ...nodeEvents("start", "Letter", 1),
    ...nodeEvents("question-classifier", "What is it about?", 2, [], {}, "succeeded", 500),
    ...nodeEvents("knowledge-retrieval", "Look up the rules", 3, [], {}, "succeeded", 400),
    ...iteration("Check each paragraph", 10, 3),
    ...nodeEvents("llm", "Answer the customer", 4, answer),
    ...nodeEvents("answer", "Letter out", 5),
    [20, finished("succeeded", { answer: letter }), true],
    [20, { event: "message_end", metadata: { retriever_resources: [] }, files: [file] }, true],
  ];
}

function iteration(title, index, rounds) {
  const id = `it${index}`;
  const base = { id, node_id: id, node_type: "iteration", title };
  const events = [[60, { event: "iteration_started", data: { ...base, metadata: { iterator_length: rounds } } }]];
  for (let round = 0; round < rounds; round++) {
    events.push([20, { event: "iteration_next", data: { ...base, index: round } }]);
    events.push(...nodeEvents("llm", "Summarise paragraph", index + 1, [], { iteration_id: id }, "succeeded", 260));
    events.push(...nodeEvents("code", "Count words", index + 2, [], { iteration_id: id }, "succeeded", 40));
  }
  events.push([20, { event: "iteration_completed", data: { ...base, status: "succeeded", elapsed_time: 1.21, steps: rounds } }]);
  return events;
}

export function agentScript() {
  const thought = (id, position, over) => ({ event: "agent_thought", id, position, thought: "", tool: "", tool_input: "", observation: "", message_files: [], ...over });
  const call = { tool: "tides", tool_input: '{"tides": {"port": "Bergen"}}' };
  return [
    [200, thought("t1", 1, {})],
    ...tokens("I will look up the tides for Bergen first.").map((answer) => [60, { event: "agent_message", answer }]),
    [200, thought("t1", 1, { thought: "I will look up the tides for Bergen first.", ...call })],
    [1200, thought("t1", 1, { thought: "I will look up the tides for Bergen first.", ...call, observation: '{"tides": "high water at 14:10, 3.4 m"}' })],
    [100, thought("t2", 2, {})],
    ...tokens("High water in Bergen is at **14:10**.").map((answer) => [60, { event: "agent_message", answer }]),
    [50, thought("t2", 2, { thought: "High water in Bergen is at **14:10**." })],
    [20, { event: "message_end", metadata: {}, files: null }, true],
  ];
}

export function completionScript(inputs) {
  if (/fail/i.test(inputs.product ?? "")) return [[300, { event: "error", code: "provider_quota_exceeded", status: 400, message: "" }]];
  const text = `**${inputs.product ?? "It"}** keeps you dry, whatever the sky decides.\n\n_For ${inputs.audience ?? "everybody"}._`;
  return [...tokens(text).map((answer) => [70, { event: "message", answer }]), [20, { event: "message_end", metadata: {}, files: null }, true]];
}

export function workflowScript(inputs) {
  if (/fail/i.test(inputs.text ?? "")) {
    return [[30, { event: "workflow_started", data: { id: randomUUID() } }], ...nodeEvents("start", "Text", 1), ...nodeEvents("code", "Split", 2, [], {}, "failed", 300), [10, finished("failed", null, "NameError: name 'paragraphs' is not defined")]];
  }
  const summary = "The harbour opens early and closes late. Pilots wait at the gate. The mood of the text is calm and a little proud of its tides.";
  return [
    [30, { event: "workflow_started", data: { id: randomUUID() } }],
    ...nodeEvents("start", "Text", 1),
    ...iteration("Each paragraph", 10, 4),
    ...nodeEvents("llm", "Summarise", 3, tokens(summary).map((text) => [60, { event: "text_chunk", data: { text, from_variable_selector: ["n3", "text"] } }])),
    ...nodeEvents("parameter-extractor", "Mood", 4),
    ...nodeEvents("end", "Out", 5),
    [20, finished("succeeded", { summary, mood: { label: "calm", score: 0.82, words: ["early", "late", "proud"] } }), true],
  ];
}
