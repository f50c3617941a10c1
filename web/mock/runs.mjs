/** Recorded runs of the mock's console. */
import { apps } from "./apps.mjs";

const now = () => Date.now() / 1000;
const STATUSES = ["succeeded", "succeeded", "succeeded", "failed", "succeeded", "stopped", "partial-succeeded", "succeeded"];
const QUESTIONS = ["When is high water today?", "May I swim in the basin?", "My parcel has not arrived, and it is my second letter about it", "Summarise the minutes of the harbour board", "rain jacket"];

export const runs = Array.from({ length: 137 }, (_, n) => makeRun(n));

function makeRun(n) {
  const app = apps[n % apps.length];
  const status = n === 0 ? "running" : STATUSES[(n * 5) % STATUSES.length];
  const created_at = now() - n * n * 41 - 6.3;
  const elapsed_time = status === "running" ? null : 0.4 + ((n * 37) % 90) / 17;
  const chat = app.mode.endsWith("chat");
  const asked = QUESTIONS[n % QUESTIONS.length];
  return {
    id: `0197a1b2-7c3d-7e4f-8a5b-${String(n).padStart(12, "0")}`,
    app_id: `app-${app.code}`,
    app_name: app.site.title,
    mode: app.mode,
    status,
    created_at,
    finished_at: elapsed_time === null ? null : created_at + elapsed_time,
    elapsed_time,
    total_tokens: status === "failed" ? 0 : 120 + ((n * 53) % 2100),
    total_steps: 8,
    error: status === "failed" ? "HTTP 503 from the address service" : null,
    created_from: n % 3 === 0 ? "service-api" : "web-app",
    end_user: n % 3 === 0 ? `kari-${n}` : `browser ${(n * 7919).toString(16)}`,
    preview: chat
      ? { query: asked, answer: status === "failed" ? null : "High water is at **14:10**, low water at 20:22." }
      : { inputs: { text: asked, sentences: 3 }, outputs: status === "failed" ? null : { summary: "The board met on Monday and agreed on the budget." } },
  };
}

export function runDetail(run) {
  const chat = run.mode.endsWith("chat");
  const total = run.elapsed_time ?? now() - run.created_at;
  const share = (from, length) => ({ created_at: run.created_at + total * from, elapsed_time: total * length });
  const node = (index, node_type, title, from, length, extra = {}) => ({
    id: `${run.id}-${index}`,
    node_id: `n${index}`,
    node_type,
    title,
    index,
    status: "succeeded",
    error: null,
    inputs: { query: run.preview.query ?? "text", "sys.user_id": run.end_user },
    process_data: null,
    outputs: { result: "…" },
    execution_metadata: null,
    predecessor_node_id: index > 1 ? `n${index - 1}` : null,
    iteration_id: null,
    loop_id: null,
    retry_index: null,
    ...share(from, length),
    finished_at: run.created_at + total * (from + length),
    ...extra,
  });
  const inner = Array.from({ length: 6 }, (_, n) =>
    node(20 + n, n % 2 === 0 ? "llm" : "code", n % 2 === 0 ? "Summarise paragraph" : "Count words", 0.22 + n * 0.05, 0.045, {
      iteration_id: "n4",
      execution_metadata: { iteration_id: "n4", iteration_index: Math.floor(n / 2), total_tokens: n % 2 === 0 ? 61 : 0 },
    }),
  );
  const failed = run.status === "failed";
  const nodes = [
    node(1, "start", "Letter", 0, 0.004),
    node(2, "question-classifier", "What is it about?", 0.01, 0.12, { execution_metadata: { total_tokens: 88, total_price: "0.0000210", currency: "USD" } }),
    node(3, "knowledge-retrieval", "Look up the rules", 0.135, 0.06),
    node(4, "iteration", "Check each paragraph", 0.21, 0.32, { inputs: { items: ["a", "b", "c"] } }),
    ...inner,
    node(5, "http-request", "Ask the address service", 0.54, 0.1, failed ? { status: "failed", error: "HTTP 503 from the address service", outputs: null } : { retry_index: 2 }),
    ...(failed ? [] : [
      node(6, "llm", "Answer the customer", 0.65, 0.33, {
        status: run.status === "running" ? "running" : "succeeded",
        ...(run.status === "running" ? { elapsed_time: null, finished_at: null } : {}),
        process_data: { model_mode: "chat", prompts: [{ role: "system", text: "You answer letters of customers. Be kind and exact." }, { role: "user", text: run.preview.query ?? "text" }] },
        outputs: { text: "High water is at **14:10**, low water at 20:22.", usage: { prompt_tokens: 211, completion_tokens: 64 }, finish_reason: "stop" },
        execution_metadata: { total_tokens: 275, total_price: "0.0000670", currency: "USD" },
      }),
      ...(run.status === "running" ? [] : [node(7, "answer", "Letter out", 0.985, 0.01)]),
    ]),
  ];
  return {
    ...run,
    inputs: { text: run.preview.query ?? "text", tone: "Friendly", words: 120, "sys.user_id": run.end_user },
    outputs: failed ? null : { answer: "High water is at **14:10**, low water at 20:22.", sources: [{ name: "tide-table", score: 0.83 }] },
    nodes,
    message: chat ? { query: run.preview.query, answer: run.preview.answer ?? "", conversation_id: "c1" } : null,
  };
}
