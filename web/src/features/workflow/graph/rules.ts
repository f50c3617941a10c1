import { sourceHandles } from "./branches";
import { hasSource, hasTarget, isBodyStart, isNote } from "./kinds";
import { byId, edgesFrom, edgesInto } from "./lookup";
import type { FlowDocument, FlowEdge } from "./types";
import { downstreamOf } from "./upstream";

/** Why two nodes must not be connected. */
export type Refusal =
  | "self"
  | "cycle"
  | "duplicate"
  | "intoStart"
  | "outOfEnd"
  | "border"
  | "tooManyBranches"
  | "nestedTooDeep"
  | "note"
  | "gone";

export interface Connecting {
  source: string;
  sourceHandle: string;
  target: string;
}

const BRANCHES = 10;
const DEPTH = 3;

/** Whether an edge may be drawn: null, or the reason why not (spec console §7.3). */
export function refusalOf(doc: FlowDocument, { source, sourceHandle, target }: Connecting): Refusal | null {
  const index = byId(doc.nodes);
  const from = index.get(source);
  const to = index.get(target);
  if (from === undefined || to === undefined) return "gone";
  if (source === target) return "self";
  if (isNote(from) || isNote(to)) return "note";
  if (!hasSource(from.data.type)) return "outOfEnd";
  if (!sourceHandles(from.data).includes(sourceHandle)) return "gone";
  if (!hasTarget(to.data.type)) return "intoStart";
  if ((from.parentId ?? null) !== (to.parentId ?? null)) return "border";
  const leaving = edgesFrom(doc.edges, source).filter((edge) => (edge.sourceHandle ?? "source") === sourceHandle);
  if (leaving.some((edge) => edge.target === target)) return "duplicate";
  if (downstreamOf(doc.edges, target).has(source)) return "cycle";
  if (leaving.length >= BRANCHES) return "tooManyBranches";
  const edge: FlowEdge = { id: "", source, sourceHandle, target };
  if (leaving.length > 0 && deepest(doc, [...doc.edges, edge], from.parentId) > DEPTH) return "nestedTooDeep";
  return null;
}

/** How many forks the parallel branches of one level are nested in at most; edges on one handle run in parallel. */
function deepest(doc: FlowDocument, edges: readonly FlowEdge[], parentId: string | undefined): number {
  const inside = doc.nodes.filter((node) => node.parentId === parentId && !isNote(node));
  const waiting = new Map(inside.map((node) => [node.id, edgesInto(edges, node.id).length]));
  const forks = new Map<string, readonly string[]>();
  const ready = inside.filter((node) => waiting.get(node.id) === 0 && (!hasTarget(node.data.type) || isBodyStart(node.data.type)));
  for (const node of ready) forks.set(node.id, []);
  const open = ready.map((node) => node.id);
  let depth = 0;
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const leaving = edgesFrom(edges, at);
    for (const edge of leaving) {
      const parallel = leaving.filter((other) => (other.sourceHandle ?? "source") === (edge.sourceHandle ?? "source"));
      const around = forks.get(at) ?? [];
      const inner = parallel.length > 1 ? [...around, `${at}>${edge.target}`] : around;
      depth = Math.max(depth, inner.length);
      const known = forks.get(edge.target);
      forks.set(edge.target, known === undefined ? inner : shared(known, inner));
      const left = (waiting.get(edge.target) ?? 0) - 1;
      waiting.set(edge.target, left);
      if (left === 0) open.push(edge.target);
    }
  }
  return depth;
}

function shared(one: readonly string[], other: readonly string[]): readonly string[] {
  const differs = one.findIndex((part, at) => part !== other[at]);
  return differs < 0 ? one : one.slice(0, differs);
}
