import { CONTAINER_MIN, CONTAINER_PADDING, around, placeOf, sizeOf, type Size } from "./geometry";
import { isContainer } from "./kinds";
import { byId, childrenOf } from "./lookup";
import type { FlowDocument, FlowNode, Point } from "./types";

/** The document with nodes at other places, relative to their containers. */
export function movedTo(doc: FlowDocument, places: ReadonlyMap<string, Point>): FlowDocument {
  if (places.size === 0) return doc;
  const moved = doc.nodes.map((node) => {
    const at = places.get(node.id);
    if (at === undefined || (at.x === node.position.x && at.y === node.position.y)) return node;
    return { ...node, position: { ...node.position, x: at.x, y: at.y } };
  });
  if (moved.every((node, at) => node === doc.nodes[at])) return doc;
  return { ...doc, nodes: withAbsolutePlaces(moved, doc.nodes) };
}

/** `positionAbsolute` is kept true for readers that look at it; nodes that have none get none. */
function withAbsolutePlaces(nodes: readonly FlowNode[], before: readonly FlowNode[]): readonly FlowNode[] {
  return nodes.map((node, at) => {
    if (node === before[at] && node.parentId === undefined) return node;
    const known = node.positionAbsolute;
    if (known === undefined || known === null) return node;
    const { x, y } = placeOf(nodes, node);
    if (known.x === x && known.y === y) return node;
    return { ...node, positionAbsolute: { x, y } };
  });
}

/** The least that a container must measure to hold its children. */
export function leastSize(nodes: readonly FlowNode[], container: FlowNode, moved?: ReadonlyMap<string, Point>): Size {
  const children = childrenOf(nodes, container.id);
  const box = around(children.map((child) => ({ ...(moved?.get(child.id) ?? child.position), ...sizeOf(child) })));
  return {
    width: Math.max(CONTAINER_MIN.width, (box === null ? 0 : box.x + box.width) + CONTAINER_PADDING.right),
    height: Math.max(CONTAINER_MIN.height, (box === null ? 0 : box.y + box.height) + CONTAINER_PADDING.bottom),
  };
}

/** A child's place, not left of nor above the inside of its container. */
export function keptInside(node: FlowNode, at: Point): Point {
  if (node.parentId === undefined) return at;
  return { x: Math.max(at.x, CONTAINER_PADDING.left - 4), y: Math.max(at.y, CONTAINER_PADDING.top - 12) };
}

export function resized(doc: FlowDocument, id: string, size: Size, at?: Point): FlowDocument {
  const node = byId(doc.nodes).get(id);
  if (node === undefined) return doc;
  const least = isContainer(node.data.type) ? leastSize(doc.nodes, node) : { width: 120, height: 60 };
  const next = {
    width: Math.round(Math.max(size.width, least.width)),
    height: Math.round(Math.max(size.height, least.height)),
  };
  const nodes = doc.nodes.map((each) => (each.id === id ? { ...each, ...next, data: { ...each.data, ...next } } : each));
  return at === undefined ? { ...doc, nodes } : movedTo({ ...doc, nodes }, new Map([[id, at]]));
}

/** Every container large enough for its children, after these have grown or moved. */
export function grown(doc: FlowDocument): FlowDocument {
  let next = doc;
  for (const node of doc.nodes) {
    if (!isContainer(node.data.type)) continue;
    const least = leastSize(doc.nodes, node);
    const size = sizeOf(node);
    if (least.width > size.width || least.height > size.height) {
      next = resized(next, node.id, { width: Math.max(size.width, least.width), height: Math.max(size.height, least.height) });
    }
  }
  return next;
}
