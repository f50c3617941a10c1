import type { RunDetail, RunNode } from "@/api/console";
import { keptFrom } from "@/features/run-log/waterfall";

/** A node of both runs; a side where it did not run is null. */
export interface NodePair {
  nodeId: string;
  title: string;
  type: string;
  left: RunNode | null;
  right: RunNode | null;
  /** The replay took the outputs from the log. */
  kept: boolean;
  sameOutputs: boolean;
}

/** The outer nodes of two runs beside each other, in the order of the first, then what only the second has. */
export function pairNodes(left: RunDetail, right: RunDetail): NodePair[] {
  const [mine, other] = [lastOfEach(left), lastOfEach(right)];
  return [...new Set([...mine.keys(), ...other.keys()])].map((nodeId) => {
    const [one, two] = [mine.get(nodeId) ?? null, other.get(nodeId) ?? null];
    const known = two ?? one;
    return {
      nodeId,
      title: known?.title ?? nodeId,
      type: known?.node_type ?? "",
      left: one,
      right: two,
      kept: two !== null && keptFrom(two) !== null,
      sameOutputs: JSON.stringify(one?.outputs ?? null) === JSON.stringify(two?.outputs ?? null),
    };
  });
}

function lastOfEach(run: RunDetail): Map<string, RunNode> {
  const outer = run.nodes.filter((node) => node.iteration_id === null && node.loop_id === null);
  return new Map(outer.toSorted((a, b) => a.index - b.index || (a.retry_index ?? 0) - (b.retry_index ?? 0)).map((node) => [node.node_id, node]));
}

/** What a node cost; 0 where nothing is known. */
export function priceOf(node: RunNode | null): number {
  return Number(node?.execution_metadata?.total_price ?? 0) || 0;
}
