import { sourceHandles } from "./branches";
import { boxOf, reachOf, sourcePoint } from "./geometry";
import { madeEdge } from "./making";
import { refusalOf, type Refusal } from "./rules";
import type { FlowDocument, FlowEdge, FlowNode, Point } from "./types";

export type EdgeEnd = "source" | "target";

/** Where an end of an edge is let go: on a node, and for a way out of it on one of its handles. */
export interface NewEnd {
  end: EdgeEnd;
  nodeId: string;
  handle: string;
}

/** The same edge with another end, in its place in the list; or why it must not lead there. */
export function reconnected(doc: FlowDocument, edge: FlowEdge, { end, nodeId, handle }: NewEnd): FlowDocument | Refusal {
  const asked =
    end === "target"
      ? { source: edge.source, sourceHandle: edge.sourceHandle ?? "source", target: nodeId }
      : { source: nodeId, sourceHandle: handle, target: edge.target };
  if (asked.source === edge.source && asked.target === edge.target && asked.sourceHandle === (edge.sourceHandle ?? "source")) return doc;
  const without = { ...doc, edges: doc.edges.filter((each) => each !== edge) };
  const refusal = refusalOf(without, asked);
  if (refusal !== null) return refusal;
  const made = madeEdge(doc, asked.source, asked.sourceHandle, asked.target);
  return { ...doc, edges: doc.edges.map((each) => (each === edge ? made : each)) };
}

/** The way out of a node that lies nearest to a point; undefined for a node without any. */
export function nearestHandle(nodes: readonly FlowNode[], node: FlowNode, at: Point): string | undefined {
  const box = boxOf(nodes, node);
  const far = (handle: string): number => Math.abs(sourcePoint(box, node.data, handle).y - at.y);
  return sourceHandles(node.data).toSorted((a, b) => far(a) - far(b))[0];
}

/** A point on an edge, `distance` pixels from one of its ends. */
export function nearEnd(from: Point, to: Point, end: EdgeEnd, distance: number): Point {
  const reach = reachOf(from, to);
  const t = Math.min(distance / (3 * reach), 0.3);
  const at = end === "source" ? t : 1 - t;
  const [a, b, c, d] = [(1 - at) ** 3, 3 * at * (1 - at) ** 2, 3 * at ** 2 * (1 - at), at ** 3];
  return { x: a * from.x + b * (from.x + reach) + c * (to.x - reach) + d * to.x, y: (a + b) * from.y + (c + d) * to.y };
}

/** A handle by which more than one edge leaves: what they lead to runs at once. */
export interface Fan {
  nodeId: string;
  handle: string;
  count: number;
}

export function fansOf(edges: readonly FlowEdge[]): Fan[] {
  const fans = new Map<string, Fan>();
  for (const { source, sourceHandle } of edges) {
    const handle = sourceHandle ?? "source";
    const key = `${source} ${handle}`;
    fans.set(key, { nodeId: source, handle, count: (fans.get(key)?.count ?? 0) + 1 });
  }
  return [...fans.values()].filter((fan) => fan.count > 1);
}
