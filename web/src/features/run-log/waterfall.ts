import type { RunDetail, RunNode } from "@/api/console";

/** A node of a run with the place of its bar, as shares of the run's time. */
export interface Span {
  node: RunNode;
  start: number;
  length: number;
  children: Span[];
}

/** The nodes of a run as a tree (nodes inside a container under it) on one time scale that starts with the run. */
export function spansOf(run: Pick<RunDetail, "created_at" | "finished_at" | "elapsed_time" | "nodes">, now: number): Span[] {
  const nodes = run.nodes.toSorted((a, b) => a.index - b.index || a.created_at - b.created_at);
  const start = Math.min(run.created_at, ...nodes.map((node) => node.created_at));
  const runEnd = run.finished_at ?? (run.elapsed_time === null ? now : run.created_at + run.elapsed_time);
  const total = Math.max(runEnd - start, ...nodes.map((node) => endOf(node, now) - start), 1e-6);
  const spans = nodes.map((node): Span => {
    const from = Math.min((node.created_at - start) / total, 1);
    return { node, start: from, length: Math.min((endOf(node, now) - node.created_at) / total, 1 - from), children: [] };
  });
  const containers = new Map(spans.map((span) => [span.node.node_id, span]));
  const roots: Span[] = [];
  for (const span of spans) {
    const parent = containers.get(span.node.iteration_id ?? span.node.loop_id ?? "");
    if (parent === undefined || parent === span) roots.push(span);
    else parent.children.push(span);
  }
  return roots;
}

function endOf(node: RunNode, now: number): number {
  if (node.elapsed_time !== null) return node.created_at + node.elapsed_time;
  if (node.finished_at !== null) return node.finished_at;
  return node.status === "running" ? Math.max(now, node.created_at) : node.created_at;
}

/** The round of a container's node, from 0. */
export function roundOf(node: RunNode): number | null {
  const index = node.execution_metadata?.iteration_index ?? node.execution_metadata?.loop_index;
  return typeof index === "number" ? index : null;
}

export function tokensOf(node: RunNode): number | null {
  const tokens = node.execution_metadata?.total_tokens;
  return typeof tokens === "number" && tokens > 0 ? tokens : null;
}

/** The run that a node's outputs were taken from, when a replay did not run it. */
export function keptFrom(node: RunNode): string | null {
  const run = node.execution_metadata?.carried_from;
  return typeof run === "string" ? run : null;
}
