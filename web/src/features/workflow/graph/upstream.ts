import { byId, edgesFrom, edgesInto } from "./lookup";
import type { FlowEdge, FlowNode } from "./types";

/**
 * The nodes whose outputs a node may read: all that may run before it, nearest first. Inside a container that is what
 * precedes in its body, the container itself (its item and index, or its loop variables), and what precedes the container.
 */
export function upstreamOf(nodes: readonly FlowNode[], edges: readonly FlowEdge[], id: string): FlowNode[] {
  const index = byId(nodes);
  const found = new Map<string, FlowNode>();
  let at = index.get(id);
  while (at !== undefined) {
    for (const before of preceding(index, edges, at.id)) found.set(before.id, before);
    const parent = at.parentId === undefined ? undefined : index.get(at.parentId);
    if (parent !== undefined) found.set(parent.id, parent);
    at = parent;
  }
  found.delete(id);
  return [...found.values()];
}

/** The nodes that a node leads to, however far. */
export function downstreamOf(edges: readonly FlowEdge[], id: string): Set<string> {
  const found = new Set<string>();
  const open = [id];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const edge of edgesFrom(edges, at)) {
      if (found.has(edge.target)) continue;
      found.add(edge.target);
      open.push(edge.target);
    }
  }
  return found;
}

function preceding(index: ReadonlyMap<string, FlowNode>, edges: readonly FlowEdge[], id: string): FlowNode[] {
  const found: FlowNode[] = [];
  const seen = new Set([id]);
  let layer = [id];
  while (layer.length > 0) {
    const next: string[] = [];
    for (const at of layer) {
      for (const { source } of edgesInto(edges, at)) {
        if (seen.has(source)) continue;
        seen.add(source);
        next.push(source);
        const node = index.get(source);
        if (node !== undefined) found.push(node);
      }
    }
    layer = next;
  }
  return found;
}
