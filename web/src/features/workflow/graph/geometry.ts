import { branchesOf, leavesAtHead } from "./branches";
import { hasTarget, isBodyStart, isContainer, isNote } from "./kinds";
import { byId } from "./lookup";
import { summaryOf } from "./summary";
import type { FlowNode, NodeData, Point } from "./types";

/**
 * Where cards and their handles lie, computed from the data alone. Nothing is measured in the page: cards have exactly
 * these sizes, and so edges, guides, layouts and the picture of a large graph need no card to be on the screen.
 */
export const CARD = { width: 240, head: 44, desc: 18, line: 26, bottom: 8 } as const;
export const BODY_START = 44;
/** What a container keeps free around its children; the top holds its title. */
export const CONTAINER_PADDING = { left: 20, top: 64, right: 20, bottom: 20 } as const;
export const CONTAINER_MIN = { width: 300, height: 150 } as const;
export const NOTE = { width: 240, height: 88 } as const;
/** Between cards that are put beside each other. */
export const GAP = { x: 60, y: 39 } as const;

export interface Size {
  width: number;
  height: number;
}
export interface Box extends Size {
  x: number;
  y: number;
}

const heights = new WeakMap<NodeData, number>();

/** The height of an ordinary card. */
export function cardHeight(data: NodeData): number {
  let height = heights.get(data);
  if (height === undefined) {
    height = heightOf(data);
    heights.set(data, height);
  }
  return height;
}

function heightOf(data: NodeData): number {
  const rows = summaryOf(data).length + branchesOf(data).length;
  const desc = data.desc === undefined || data.desc === "" ? 0 : CARD.desc;
  return CARD.head + desc + rows * CARD.line + (rows > 0 || desc > 0 ? CARD.bottom : 0);
}

export function sizeOf(node: FlowNode): Size {
  if (isBodyStart(node.data.type)) return { width: BODY_START, height: BODY_START };
  if (isNote(node)) return { width: node.width ?? NOTE.width, height: node.height ?? NOTE.height };
  if (isContainer(node.data.type)) {
    return {
      width: Math.max(node.width ?? 0, CONTAINER_MIN.width),
      height: Math.max(node.height ?? 0, CONTAINER_MIN.height),
    };
  }
  return { width: CARD.width, height: cardHeight(node.data) };
}

/** The heights of handles below the top of their node. */
export function handleY(data: NodeData, handle: string): number {
  if (isBodyStart(data.type)) return BODY_START / 2;
  if (handle === "target") return CARD.head / 2;
  const at = branchesOf(data).findIndex((branch) => branch.handle === handle);
  if (at < 0 || (handle === "source" && leavesAtHead(data))) return CARD.head / 2;
  const desc = data.desc === undefined || data.desc === "" ? 0 : CARD.desc;
  return CARD.head + desc + (summaryOf(data).length + at + 0.5) * CARD.line;
}

export function sourcePoint(box: Box, data: NodeData, handle: string): { x: number; y: number } {
  return { x: box.x + box.width, y: box.y + handleY(data, handle) };
}

export function targetPoint(box: Box, data: NodeData): { x: number; y: number } {
  return { x: box.x, y: box.y + (hasTarget(data.type) ? CARD.head / 2 : box.height / 2) };
}

/** The place of a node on the canvas, whatever containers it lies in. `moved` has places of nodes that are being dragged. */
export function placeOf(nodes: readonly FlowNode[], node: FlowNode, moved?: ReadonlyMap<string, Point>): Point {
  const index = byId(nodes);
  let { x, y } = moved?.get(node.id) ?? node.position;
  const seen = new Set([node.id]);
  let parent = node.parentId === undefined ? undefined : index.get(node.parentId);
  while (parent !== undefined && !seen.has(parent.id)) {
    seen.add(parent.id);
    const at = moved?.get(parent.id) ?? parent.position;
    x += at.x;
    y += at.y;
    parent = parent.parentId === undefined ? undefined : index.get(parent.parentId);
  }
  return { x, y };
}

export function boxOf(nodes: readonly FlowNode[], node: FlowNode, moved?: ReadonlyMap<string, Point>): Box {
  return { ...placeOf(nodes, node, moved), ...sizeOf(node) };
}

/** The smallest box around some boxes; null for none. */
export function around(boxes: Iterable<Box>): Box | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return left === Infinity ? null : { x: left, y: top, width: right - left, height: bottom - top };
}

export function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** A curve from a source to a target; it swings out when the target lies behind. */
export function curve(from: { x: number; y: number }, to: { x: number; y: number }): string {
  const reach = reachOf(from, to);
  return `M${from.x} ${from.y}C${from.x + reach} ${from.y} ${to.x - reach} ${to.y} ${to.x} ${to.y}`;
}

export function middle(from: { x: number; y: number }, to: { x: number; y: number }): { x: number; y: number } {
  return { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
}

export function reachOf(from: { x: number }, to: { x: number }): number {
  const distance = to.x - from.x;
  return distance >= 0 ? Math.max(distance / 2, 24) : Math.min(24 + Math.abs(distance) / 4, 160);
}
