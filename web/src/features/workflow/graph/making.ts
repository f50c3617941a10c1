import { cardHeight, CARD, CONTAINER_MIN, CONTAINER_PADDING, NOTE } from "./geometry";
import { isContainer, startTypeOf } from "./kinds";
import { byId } from "./lookup";
import type { FlowDocument, FlowEdge, FlowNode, NodeData, Point } from "./types";

/** An id that no node has: the time in milliseconds, as app files have it. */
export function freshId(nodes: readonly FlowNode[], now: number): string {
  const index = byId(nodes);
  let id = now;
  while (index.has(String(id))) id += 1;
  return String(id);
}

/** "LLM", then "LLM 2", "LLM 3"… */
export function freshTitle(nodes: readonly FlowNode[], title: string): string {
  const taken = new Set(nodes.map((node) => node.data.title));
  if (!taken.has(title)) return title;
  const base = title.replace(/ \d+$/, "");
  let number = 2;
  while (taken.has(`${base} ${number}`)) number += 1;
  return `${base} ${number}`;
}

export interface NewNode {
  id: string;
  data: NodeData;
  position: Point;
  parent?: FlowNode | undefined;
}

/** The nodes that make a new one: itself, and for a container the start of its body. */
export function madeNodes({ id, data, position, parent }: NewNode): FlowNode[] {
  const size = isContainer(data.type) ? CONTAINER_MIN : { width: CARD.width, height: cardHeight(data) };
  const startId = `${id}start`;
  const node: FlowNode = {
    id,
    type: data.type === "loop-end" ? "custom-simple" : "custom",
    data: {
      ...data,
      ...(isContainer(data.type) ? { start_node_id: startId, ...size } : {}),
      ...membership(parent),
    },
    position: { x: Math.round(position.x), y: Math.round(position.y) },
    positionAbsolute: absolute(position, parent),
    ...size,
    ...SIDES,
    ...(parent === undefined ? {} : { parentId: parent.id, extent: "parent", zIndex: 1002 }),
    selected: false,
  };
  if (!isContainer(data.type)) return [node];
  return [node, bodyStart(startId, node)];
}

const SIDES = { sourcePosition: "right", targetPosition: "left" };

function bodyStart(id: string, container: FlowNode): FlowNode {
  const position = { x: CONTAINER_PADDING.left, y: CONTAINER_PADDING.top };
  const type = startTypeOf(container.data.type);
  return {
    id,
    type: `custom-${type}`,
    data: { type, title: "", desc: "", ...membership(container) },
    position,
    positionAbsolute: absolute(position, container),
    width: 44,
    height: 44,
    parentId: container.id,
    extent: "parent",
    zIndex: 1002,
    draggable: false,
    selectable: false,
    ...SIDES,
  };
}

export function madeNote(id: string, position: Point, author: string): FlowNode {
  return {
    id,
    type: "custom-note",
    data: { type: "", title: "", desc: "", text: "", theme: "yellow", author, showAuthor: true, ...NOTE, selected: false },
    position: { x: Math.round(position.x), y: Math.round(position.y) },
    positionAbsolute: { x: Math.round(position.x), y: Math.round(position.y) },
    ...NOTE,
    ...SIDES,
    selected: false,
  };
}

/** What a child of a container says in its data, and in that of its edges. */
export function membership(parent: FlowNode | undefined): Record<string, string | boolean> {
  if (parent === undefined) return {};
  return parent.data.type === "loop"
    ? { isInLoop: true, loop_id: parent.id, isInIteration: false }
    : { isInIteration: true, iteration_id: parent.id, isInLoop: false };
}

export function madeEdge(doc: FlowDocument, source: string, sourceHandle: string, target: string): FlowEdge {
  const index = byId(doc.nodes);
  const from = index.get(source);
  const parent = from?.parentId === undefined ? undefined : index.get(from.parentId);
  return {
    id: `${source}-${sourceHandle}-${target}-target`,
    type: "custom",
    source,
    sourceHandle,
    target,
    targetHandle: "target",
    data: {
      sourceType: from?.data.type ?? "",
      targetType: index.get(target)?.data.type ?? "",
      isInIteration: false,
      isInLoop: false,
      ...membership(parent),
    },
    zIndex: parent === undefined ? 0 : 1002,
  };
}

function absolute(position: Point, parent: FlowNode | undefined): Point {
  const origin = parent?.positionAbsolute ?? parent?.position ?? { x: 0, y: 0 };
  return { x: Math.round(position.x + origin.x), y: Math.round(position.y + origin.y) };
}
