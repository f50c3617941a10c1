import { sourceHandles } from "./branches";
import { GAP, boxOf, overlap, placeOf, sizeOf, type Size } from "./geometry";
import { hasSource, hasTarget, isContainer, isFixed, isNote } from "./kinds";
import { byId, childrenOf, edgesFrom } from "./lookup";
import { freshId, freshTitle, madeEdge, madeNodes, type NewNode } from "./making";
import { grown, keptInside, movedTo } from "./placing";
import { refusalOf, type Connecting } from "./rules";
import type { FlowDocument, FlowEdge, FlowNode, NodeData, Point } from "./types";
import { downstreamOf } from "./upstream";

/** Where a new node goes. */
export type Spot =
  | { kind: "free"; at: Point; parentId?: string | undefined }
  /** Behind a handle, as one more branch when the handle is taken. */
  | { kind: "after"; source: string; sourceHandle: string; at?: Point | undefined }
  /** In the middle of an edge. */
  | { kind: "between"; edgeId: string };

export interface Added {
  doc: FlowDocument;
  id: string;
}

/** A new node with a title that is still free, connected as the spot says. */
export function addNode(doc: FlowDocument, data: NodeData, spot: Spot, now: number): Added {
  const index = byId(doc.nodes);
  const id = freshId(doc.nodes, now);
  const named = { ...data, title: freshTitle(doc.nodes, data.title) };
  const edge = spot.kind === "between" ? doc.edges.find((each) => each.id === spot.edgeId) : undefined;
  const source = index.get(spot.kind === "after" ? spot.source : (edge?.source ?? ""));
  const parentId = spot.kind === "free" ? spot.parentId : source?.parentId;
  const parent = parentId === undefined ? undefined : index.get(parentId);
  const fresh: NewNode = { id, data: named, parent, position: { x: 0, y: 0 } };
  let next = doc;
  if (spot.kind === "free") {
    const origin = parent === undefined ? { x: 0, y: 0 } : placeOf(doc.nodes, parent);
    fresh.position = { x: spot.at.x - origin.x, y: spot.at.y - origin.y };
  } else if (source !== undefined) {
    const target = edge === undefined ? undefined : index.get(edge.target);
    if (target === undefined) fresh.position = behind(doc, source, madeSize(fresh), spot.kind === "after" ? spot.at : undefined);
    else {
      fresh.position = { x: source.position.x + sizeOf(source).width + GAP.x, y: target.position.y };
      next = pushedRight(next, target.id, fresh.position.x + madeSize(fresh).width + GAP.x);
    }
  }
  if (parent !== undefined) fresh.position = keptInside({ ...parent, parentId: parent.id }, fresh.position);
  next = { ...next, nodes: [...next.nodes, ...madeNodes(fresh)] };
  if (source !== undefined && hasTarget(data.type)) {
    const handle = spot.kind === "after" ? spot.sourceHandle : (edge?.sourceHandle ?? "source");
    const made = [madeEdge(next, source.id, handle, id)];
    const out = sourceHandles(named)[0];
    if (edge !== undefined && out !== undefined && hasSource(data.type)) made.push(madeEdge(next, id, out, edge.target));
    next = { ...next, edges: [...next.edges.filter((each) => each.id !== edge?.id), ...made] };
  }
  return { doc: grown(next), id };
}

function madeSize(fresh: NewNode): Size {
  const [node] = madeNodes(fresh);
  return node === undefined ? { width: 0, height: 0 } : sizeOf(node);
}

/** Right of its source, below the branches that are already there, and not over another card. */
function behind(doc: FlowDocument, source: FlowNode, size: Size, wanted: Point | undefined): Point {
  const origin = placeOf(doc.nodes, source);
  const parentShift = { x: origin.x - source.position.x, y: origin.y - source.position.y };
  if (wanted !== undefined) return { x: wanted.x - parentShift.x, y: wanted.y - parentShift.y };
  const x = source.position.x + sizeOf(source).width + GAP.x;
  const index = byId(doc.nodes);
  const followers = edgesFrom(doc.edges, source.id)
    .map((edge) => index.get(edge.target))
    .filter((node) => node !== undefined);
  const low = followers.map((node) => node.position.y + sizeOf(node).height + GAP.y);
  let y = low.length === 0 ? source.position.y : Math.max(...low);
  const others = doc.nodes.filter((node) => node.parentId === source.parentId && !isNote(node)).map((node) => ({ ...node.position, ...sizeOf(node) }));
  for (const other of others.toSorted((a, b) => a.y - b.y)) {
    if (overlap(other, { x, y, ...size })) y = other.y + other.height + GAP.y;
  }
  return { x, y };
}

/** Moves a node and all that follow it to the right, so that it begins at `x` at the earliest. */
function pushedRight(doc: FlowDocument, id: string, x: number): FlowDocument {
  const first = byId(doc.nodes).get(id);
  if (first === undefined || first.position.x >= x) return doc;
  const shift = x - first.position.x;
  const following = downstreamOf(doc.edges, id).add(id);
  const moved = doc.nodes
    .filter((node) => following.has(node.id))
    .map((node) => [node.id, { x: node.position.x + shift, y: node.position.y }] as const);
  return movedTo(doc, new Map(moved));
}

/** The document with one more edge; unchanged when it must not be there. */
export function connect(doc: FlowDocument, asked: Connecting): FlowDocument {
  if (refusalOf(doc, asked) !== null) return doc;
  return { ...doc, edges: [...doc.edges, madeEdge(doc, asked.source, asked.sourceHandle, asked.target)] };
}

/** Nodes as they are removed or copied: without fixed ones, but with everything inside of containers. */
export function withChildren(nodes: readonly FlowNode[], ids: Iterable<string>): Set<string> {
  const index = byId(nodes);
  const all = new Set<string>();
  for (const id of ids) {
    const node = index.get(id);
    if (node === undefined || isFixed(node)) continue;
    all.add(id);
    if (isContainer(node.data.type)) for (const child of childrenOf(nodes, id)) all.add(child.id);
  }
  return all;
}

/** The document without these nodes and edges, and without edges that led to the nodes. */
export function remove(doc: FlowDocument, nodeIds: Iterable<string>, edgeIds: ReadonlySet<string> = new Set()): FlowDocument {
  const gone = withChildren(doc.nodes, nodeIds);
  const edges = doc.edges.filter((edge) => !edgeIds.has(edge.id) && !gone.has(edge.source) && !gone.has(edge.target));
  if (gone.size === 0 && edges.length === doc.edges.length) return doc;
  return { ...doc, nodes: doc.nodes.filter((node) => !gone.has(node.id)), edges };
}

/** Another type of node in the same place: edges stay as far as the new one has their handles. */
export function changeType(doc: FlowDocument, id: string, data: NodeData): FlowDocument {
  const node = byId(doc.nodes).get(id);
  if (node === undefined) return doc;
  const parent = node.parentId === undefined ? undefined : byId(doc.nodes).get(node.parentId);
  const others = doc.nodes.filter((each) => each.id !== id);
  const named = { ...data, title: freshTitle(others, data.title) };
  const made = madeNodes({ id, data: named, position: node.position, parent });
  const first = made[0];
  if (first === undefined) return doc;
  const children = new Set(isContainer(node.data.type) ? childrenOf(doc.nodes, id).map((child) => child.id) : []);
  const nodes = doc.nodes.flatMap((each) => (each.id === id ? made : children.has(each.id) ? [] : [each]));
  const handles = sourceHandles(named);
  const edges = doc.edges.flatMap((edge): FlowEdge[] => {
    if (children.has(edge.source) || children.has(edge.target)) return [];
    if (edge.target === id) return hasTarget(data.type) ? [retyped(edge, { targetType: data.type })] : [];
    if (edge.source !== id) return [edge];
    const handle = edge.sourceHandle ?? "source";
    const kept = handles.includes(handle) ? handle : handles[0];
    if (kept === undefined) return [];
    return [{ ...retyped(edge, { sourceType: data.type }), sourceHandle: kept, id: `${id}-${kept}-${edge.target}-target` }];
  });
  return grown({ ...doc, nodes, edges: [...new Map(edges.map((edge) => [edge.id, edge])).values()] });
}

function retyped(edge: FlowEdge, types: Record<string, string>): FlowEdge {
  return { ...edge, data: { ...edge.data, ...types } };
}

/** Takes edges away whose handle their node no longer has: a case or class was removed. */
export function withoutLooseEdges(doc: FlowDocument, id: string): FlowDocument {
  const node = byId(doc.nodes).get(id);
  if (node === undefined) return doc;
  const handles = new Set(sourceHandles(node.data));
  const edges = doc.edges.filter((edge) => edge.source !== id || handles.has(edge.sourceHandle ?? "source"));
  return edges.length === doc.edges.length ? doc : { ...doc, edges };
}

/** The container at a point of the canvas, if any. */
export function containerAt(doc: FlowDocument, at: Point): FlowNode | undefined {
  return doc.nodes.find((node) => {
    if (!isContainer(node.data.type)) return false;
    const box = boxOf(doc.nodes, node);
    return at.x >= box.x && at.y >= box.y && at.x <= box.x + box.width && at.y <= box.y + box.height;
  });
}
