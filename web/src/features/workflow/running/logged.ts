import type { RunNode } from "@/api/console";
import type { Step } from "@/features/generation/steps";
import { roundOf } from "@/features/run-log/waterfall";
import type { NodeLook } from "./running";

/** What the cards show of a logged run. */
export function looksOfNodes(nodes: readonly RunNode[]): ReadonlyMap<string, NodeLook> {
  return new Map(nodes.map(({ node_id, status, elapsed_time, retry_index }) => [node_id, { status, elapsed: elapsed_time, retries: retry_index ?? 0 }]));
}

/** The nodes of a logged run as those of one that is followed. */
export function stepsOfNodes(nodes: readonly RunNode[]): Step[] {
  return nodes.map((node) => ({
    id: node.id,
    nodeId: node.node_id,
    type: node.node_type,
    title: node.title,
    status: node.status,
    elapsed: node.finished_at === null ? null : node.elapsed_time,
    error: node.error,
    retries: node.retry_index ?? 0,
    parent: node.iteration_id ?? node.loop_id,
    round: roundOf(node),
    container: node.node_type === "iteration" || node.node_type === "loop" ? { current: 0, total: null } : null,
    log: [],
  }));
}
