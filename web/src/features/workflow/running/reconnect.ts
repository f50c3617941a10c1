import { api, call, type Schemas } from "@/api/client";
import { consoleApi, type RunDetail } from "@/api/console";
import { isJsonObject, type JsonObject } from "@/api/json";
import { NEW_TURN, type Turn } from "@/features/generation/turn";
import type { Tried } from "@/features/trial/tried";
import type { WorkflowStore } from "../store";
import { byId } from "../graph/lookup";
import { looksOfNodes, stepsOfNodes } from "./logged";
import { runContainer } from "./run-container";
import type { RunningStore } from "./running";
import { follow, showExchange } from "./try-out";

type Entry = Schemas["RunEntry"];

const LOOKED_AT = 20;

/**
 * Shows the member's newest run of the draft again if it still goes on or waits for somebody, and follows it to its
 * end. Gives null when there is none, or when something else is being tried already.
 */
export async function reconnect(store: WorkflowStore, running: RunningStore, accountId: string): Promise<Turn | null> {
  const { appId, mode } = store.getState();
  const { data } = await call(api.GET("/apps/{app_id}/workflow-runs", { params: { path: { app_id: appId }, query: { limit: LOOKED_AT } } }));
  const mine = data.filter((entry) => entry.created_by_account?.id === accountId);
  const entry = mine[0];
  if (entry === undefined || (entry.status !== "running" && entry.status !== "paused")) return null;
  const chatflow = mode === "advanced-chat";
  const earlier = chatflow ? mine.slice(1).filter((each) => each.conversation_id === entry.conversation_id) : [];
  const [detail, ...before] = await Promise.all([consoleApi.run(entry.id), ...earlier.map((each) => consoleApi.run(each.id))]);
  if (running.getState().turn !== null) return null;
  const turn = turnOf(entry, detail);
  running.setState({ turn, inputs: formInputs(detail), looks: looksOfNodes(detail.nodes), tab: "run", open: true });
  if (chatflow) {
    const exchanges: Tried[] = [];
    for (const run of before.reverse()) exchanges.push(triedOf(run, exchanges.at(-1), settledTurn(run)));
    exchanges.push(triedOf(detail, exchanges.at(-1), turn));
    running.setState({ talk: { exchanges, chosen: {} } });
  }
  const show = chatflow ? showExchange(running, entry.id) : (next: Turn) => running.setState({ turn: next });
  return follow(running, appId, { runId: entry.id, turn }, show);
}

/** The same for the iteration or loop that the member runs alone. */
export async function reconnectContainer(store: WorkflowStore, running: RunningStore, accountId: string): Promise<Turn | null> {
  const { appId, nodes } = store.getState();
  const query = { limit: LOOKED_AT, alone: true };
  const { data } = await call(api.GET("/apps/{app_id}/workflow-runs", { params: { path: { app_id: appId }, query } }));
  const entry = data.find((each) => each.created_by_account?.id === accountId);
  const nodeId = entry?.root_node_id ?? "";
  if (entry?.status !== "running" || !byId(nodes).has(nodeId)) return null;
  const detail = await consoleApi.run(entry.id);
  if (running.getState().stepTurn !== null) return null;
  const turn = turnOf(entry, detail);
  running.setState({ stepNodeId: nodeId, stepTurn: { nodeId, turn }, tab: "step", open: true });
  return runContainer(running, appId, nodeId, { runId: entry.id, turn });
}

function turnOf(entry: Entry, detail: RunDetail): Turn {
  return {
    ...NEW_TURN,
    taskId: entry.task_id,
    messageId: entry.message_id,
    conversationId: entry.conversation_id,
    paused: entry.status === "paused",
    steps: stepsOfNodes(detail.nodes),
  };
}

function triedOf(run: RunDetail, parent: Tried | undefined, turn: Turn): Tried {
  return {
    key: run.id,
    messageId: run.message?.id ?? null,
    parentId: parent?.messageId ?? null,
    query: run.message?.query ?? "",
    inputs: formInputs(run),
    files: [],
    questionFiles: [],
    turn,
  };
}

function settledTurn(run: RunDetail): Turn {
  const { message } = run;
  const text = message?.answer ?? "";
  const status = run.status === "failed" || run.status === "stopped" ? run.status : "succeeded";
  return {
    ...NEW_TURN,
    ended: true,
    status,
    conversationId: message?.conversation_id ?? null,
    messageId: message?.id ?? null,
    segments: text === "" ? [] : [{ kind: "text", text }],
    steps: stepsOfNodes(run.nodes),
    elapsed: run.elapsed_time,
    tokens: run.total_tokens,
    error: run.error === null || run.error === "" ? null : { code: "run_failed", message: run.error },
  };
}

/** What the form was filled with. */
function formInputs({ inputs }: RunDetail): JsonObject {
  if (!isJsonObject(inputs)) return {};
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !name.startsWith("sys.")));
}
