import { api, call, openStream, type Schemas } from "@/api/client";
import type { RunDetail } from "@/api/console";
import type { JsonObject, JsonValue } from "@/api/json";
import { readFrames } from "@/api/sse";

export type GraphChoice = "recorded" | "draft";
export type ConversationChoice = "recorded" | "now";

type Shown = Schemas["ReplayShown"];

/** What a replay from a node would do, and the values that the node would be given. */
export type ReplayPlan = Omit<Shown, "variables"> & { variables: ReplayVariable[] };
export type ReplayVariable = Omit<Schemas["ReplayedVariable"], "value"> & { value: JsonValue };

export interface ReplayOrder {
  nodeId: string;
  graph: GraphChoice;
  conversation: ConversationChoice | null;
  /** Of the variables only those that are to be another value. */
  inputs: JsonObject;
}

export async function replayPlan(runId: string, nodeId: string, graph: GraphChoice, conversation: ConversationChoice | null): Promise<ReplayPlan> {
  const query = { node_id: nodeId, graph, ...(conversation === null ? {} : { conversation }) };
  return (await call(api.GET("/runs/{run_id}/replay", { params: { path: { run_id: runId }, query } }))) as ReplayPlan;
}

export function replayPath(runId: string): string {
  return `/runs/${runId}/replays`;
}

export function replayBody({ nodeId, graph, conversation, inputs }: ReplayOrder): JsonObject {
  return { node_id: nodeId, graph, inputs, ...(conversation === null ? {} : { conversation }) };
}

/** Begins a replay and gives the id of its run, which goes on by itself. */
export async function beginReplay(runId: string, order: ReplayOrder): Promise<string> {
  const controller = new AbortController();
  const response = await openStream(replayPath(runId), replayBody(order), controller.signal);
  try {
    if (response.body !== null) {
      for await (const frame of readFrames(response.body)) {
        const found = /"workflow_run_id": ?"([^"]+)"/.exec(frame.data)?.[1];
        if (found !== undefined) return found;
      }
    }
  } finally {
    controller.abort();
  }
  throw new Error("The replay named no run.");
}

/** Only nodes of workflows and chatflows can be begun with. */
export function replayable(run: RunDetail): boolean {
  return (run.mode === "workflow" || run.mode === "advanced-chat") && run.triggered_from !== "single-step" && run.nodes.length > 0;
}
