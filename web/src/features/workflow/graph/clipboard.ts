import { isJsonObject, parseJson, type JsonValue } from "@/api/json";
import { withChildren } from "./editing";
import { placeOf } from "./geometry";
import { allowedAt, isBodyStart, isNote, type Place } from "./kinds";
import { byId } from "./lookup";
import { freshId, freshTitle } from "./making";
import { renamedIn } from "./references";
import type { FlowDocument, FlowEdge, FlowNode, Point } from "./types";

/** What lies in the system's clipboard: whole nodes and the edges between them, with places on the canvas. */
export interface Clip {
  nodes: FlowNode[];
  edges: FlowEdge[];
}

const FORMAT = "treadle/nodes";

/** The text for the clipboard, or null when nothing of the selection can be copied. */
export function copied(doc: FlowDocument, ids: Iterable<string>): string | null {
  const clip = clipOf(doc, ids);
  return clip === null ? null : JSON.stringify({ format: FORMAT, version: 1, ...clip }, null, 1);
}

export function clipOf(doc: FlowDocument, ids: Iterable<string>): Clip | null {
  const all = withChildren(doc.nodes, ids);
  if (all.size === 0) return null;
  const nodes = doc.nodes
    .filter((node) => all.has(node.id))
    .map((node) => {
      if (node.parentId !== undefined && all.has(node.parentId)) return node;
      const { x, y } = placeOf(doc.nodes, node);
      return { ...outside(node), position: { x, y } };
    });
  return { nodes, edges: doc.edges.filter((edge) => all.has(edge.source) && all.has(edge.target)) };
}

/** Reads what somebody may have copied from a canvas; null for any other text. */
export function readClip(text: string): Clip | null {
  const value = text.startsWith("{") ? parseJson(text) : undefined;
  if (!isJsonObject(value) || value.format !== FORMAT) return null;
  const nodes = objects(value.nodes).filter(
    (node) => typeof node.id === "string" && isJsonObject(node.data) && typeof node.data.type === "string" && isJsonObject(node.position),
  );
  const edges = objects(value.edges).filter((edge) => typeof edge.source === "string" && typeof edge.target === "string");
  return { nodes: nodes as unknown as FlowNode[], edges: edges as unknown as FlowEdge[] };
}

export interface Pasted {
  doc: FlowDocument;
  ids: string[];
  /** Titles of nodes that cannot be in this app, or not in this place. */
  skipped: string[];
}

/** Puts a clip onto the canvas with its corner at `at`, or beside where it was; ids are new, inner references follow. */
export function paste(doc: FlowDocument, clip: Clip, place: Omit<Place, "inside">, at: Point | null, now: number): Pasted {
  const inClip = byId(clip.nodes);
  const fits = (node: FlowNode): boolean => {
    const parent = node.parentId === undefined ? undefined : inClip.get(node.parentId);
    if (parent !== undefined && !fits(parent)) return false;
    if (isNote(node)) return true;
    if (isBodyStart(node.data.type)) return parent !== undefined;
    return allowedAt(node.data.type, { ...place, inside: parent?.data.type ?? null });
  };
  const kept = clip.nodes.filter(fits);
  const skipped = clip.nodes.filter((node) => !kept.includes(node) && !isBodyStart(node.data.type));
  const roots = kept.filter((node) => node.parentId === undefined || !inClip.has(node.parentId));
  const left = Math.min(...roots.map((node) => node.position.x));
  const top = Math.min(...roots.map((node) => node.position.y));
  const shift = at === null ? { x: 40, y: 40 } : { x: at.x - left, y: at.y - top };
  const ids = new Map<string, string>();
  const nodes: FlowNode[] = [...doc.nodes];
  for (const node of kept) {
    const parent = node.parentId === undefined ? undefined : inClip.get(node.parentId);
    const id = isBodyStart(node.data.type) && parent !== undefined ? `${ids.get(parent.id) ?? ""}start` : freshId(nodes, now);
    ids.set(node.id, id);
    const title = node.data.title === "" ? "" : freshTitle(nodes, node.data.title);
    nodes.push({ ...node, id, data: { ...node.data, title } });
  }
  const added = nodes.slice(doc.nodes.length).map((node, index) => {
    const before = kept[index];
    if (before === undefined) return node;
    const parentId = before.parentId === undefined ? undefined : ids.get(before.parentId);
    const moved = parentId === undefined ? shifted(node, shift) : within(node, parentId);
    return [...ids].reduce((each, [from, to]) => renamedIn(each, [from], [to]), pointing(moved, ids));
  });
  const edges = clip.edges.flatMap((edge): FlowEdge[] => {
    const [source, target] = [ids.get(edge.source), ids.get(edge.target)];
    if (source === undefined || target === undefined) return [];
    const handle = edge.sourceHandle ?? "source";
    const data = edge.data === undefined ? {} : { data: pointingData(edge.data, ids) };
    return [{ ...edge, ...data, id: `${source}-${handle}-${target}-${edge.targetHandle ?? "target"}`, source, target }];
  });
  return {
    doc: { ...doc, nodes: [...doc.nodes, ...added], edges: [...doc.edges, ...edges] },
    ids: roots.map((node) => ids.get(node.id) ?? "").filter((id) => id !== ""),
    skipped: skipped.map((node) => node.data.title || node.data.type),
  };
}

/** The same nodes once more, a little to the lower right, inside the container they are in. */
export function duplicate(doc: FlowDocument, ids: Iterable<string>, place: Omit<Place, "inside">, now: number): Pasted {
  const clip = clipOf(doc, ids);
  if (clip === null) return { doc, ids: [], skipped: [] };
  const pasted = paste(doc, clip, place, null, now);
  const index = byId(doc.nodes);
  const originals = new Map(pasted.ids.map((id, at) => [id, clip.nodes.filter((node) => node.parentId === undefined)[at]?.id]));
  const nodes = pasted.doc.nodes.map((node) => {
    const before = index.get(originals.get(node.id) ?? "");
    if (before?.parentId === undefined) return node;
    const back = { ...node, parentId: before.parentId, position: { x: before.position.x + 40, y: before.position.y + 40 } };
    return { ...back, extent: "parent", zIndex: 1002, data: { ...node.data, ...flags(before) } };
  });
  return { ...pasted, doc: { ...pasted.doc, nodes } };
}

function flags(node: FlowNode) {
  const { isInIteration, iteration_id, isInLoop, loop_id } = node.data;
  return { isInIteration, iteration_id, isInLoop, loop_id };
}

/** A child that is copied without its container belongs to none. */
function outside(node: FlowNode): FlowNode {
  if (node.parentId === undefined) return node;
  const data = { ...node.data };
  delete data.isInIteration;
  delete data.iteration_id;
  delete data.isInLoop;
  delete data.loop_id;
  const outer = { ...node, data };
  delete outer.parentId;
  delete outer.extent;
  delete outer.zIndex;
  return outer;
}

function shifted(node: FlowNode, by: { x: number; y: number }): FlowNode {
  const position = { x: Math.round(node.position.x + by.x), y: Math.round(node.position.y + by.y) };
  return { ...node, position, ...(node.positionAbsolute ? { positionAbsolute: position } : {}) };
}

function within(node: FlowNode, parentId: string): FlowNode {
  return { ...node, parentId };
}

/** Settings that name nodes by their ids alone. */
function pointing(node: FlowNode, ids: ReadonlyMap<string, string>): FlowNode {
  return { ...node, data: pointingData(node.data, ids) };
}

function pointingData<T extends Record<string, JsonValue | undefined>>(data: T, ids: ReadonlyMap<string, string>): T {
  const changed: Record<string, string> = {};
  for (const key of ["start_node_id", "iteration_id", "loop_id"]) {
    const value = data[key];
    const to = typeof value === "string" ? ids.get(value) : undefined;
    if (to !== undefined) changed[key] = to;
  }
  return Object.keys(changed).length === 0 ? data : { ...data, ...changed };
}

function objects(value: JsonValue | undefined) {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
