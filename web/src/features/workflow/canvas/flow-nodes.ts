import { Position, type Node, type NodeHandle } from "@xyflow/react";
import { leavesAtHead, branchesOf } from "../graph/branches";
import { handleY, sizeOf, type Size } from "../graph/geometry";
import { hasTarget, isBodyStart, isContainer, isNote } from "../graph/kinds";
import { byId } from "../graph/lookup";
import type { FlowNode, NodeData, Point } from "../graph/types";

export type CardNode = Node<NodeData, "card" | "container" | "start" | "note">;

const HANDLE = 16;

/** Cards lie over edges, edges over containers and notes. */
const Z = { container: 0, note: 0, card: 2 } as const;
export const EDGES_Z = 1;

interface Shown {
  selected: boolean;
  at: Point;
  size: Size;
  readOnly: boolean;
  card: CardNode;
}

/** React Flow's nodes of a document; a node that looks as before is the same object, and so its card is not drawn again. */
export function makeCards(): (
  nodes: readonly FlowNode[],
  selected: ReadonlySet<string>,
  dragged: ReadonlyMap<string, Point> | null,
  resizing: { id: string; size: Size; at: Point } | null,
  readOnly: boolean,
) => CardNode[] {
  const cache = new WeakMap<FlowNode, Shown>();
  return (nodes, selected, dragged, resizing, readOnly) => {
    const index = byId(nodes);
    const cards: CardNode[] = [];
    const children: CardNode[] = [];
    for (const node of nodes) {
      const isSelected = selected.has(node.id);
      const now = resizing?.id === node.id ? resizing : null;
      const at = now?.at ?? dragged?.get(node.id) ?? node.position;
      const size = now?.size ?? sizeOf(node);
      let shown = cache.get(node);
      if (
        shown?.selected !== isSelected ||
        shown.at.x !== at.x ||
        shown.at.y !== at.y ||
        shown.size.width !== size.width ||
        shown.size.height !== size.height ||
        shown.readOnly !== readOnly
      ) {
        const card = cardOf(node, at, size, isSelected, readOnly, index);
        shown = { selected: isSelected, at, size, readOnly, card };
        cache.set(node, shown);
      }
      (shown.card.parentId === undefined ? cards : children).push(shown.card);
    }
    // React Flow wants containers before what is in them.
    return [...cards, ...children];
  };
}

function cardOf(
  node: FlowNode,
  at: Point,
  { width, height }: Size,
  selected: boolean,
  readOnly: boolean,
  index: ReadonlyMap<string, FlowNode>,
): CardNode {
  const type = typeOf(node);
    return {
    id: node.id,
    type,
    data: node.data,
    position: { x: at.x, y: at.y },
    width,
    height,
    measured: { width, height },
    handles: handlesOf(node, { width, height }),
    selected,
    zIndex: type === "container" ? Z.container : type === "note" ? Z.note : Z.card,
    draggable: !readOnly && type !== "start",
    selectable: type !== "start",
    focusable: type !== "start",
    connectable: !readOnly,
    ariaLabel: node.data.title || node.data.type || "note",
    ...(node.parentId !== undefined && index.has(node.parentId) ? { parentId: node.parentId } : {}),
    ...(type === "container" ? { dragHandle: ".container-grip" } : {}),
  };
}

function typeOf(node: FlowNode): "card" | "container" | "start" | "note" {
  if (isNote(node)) return "note";
  if (isBodyStart(node.data.type)) return "start";
  return isContainer(node.data.type) ? "container" : "card";
}

function handlesOf(node: FlowNode, size: Size): NodeHandle[] {
  if (isNote(node)) return [];
  const { data } = node;
  const half = HANDLE / 2;
  const source = (id: string): NodeHandle => ({
    id,
    type: "source",
    position: Position.Right,
    x: size.width - half,
    y: handleY(data, id) - half,
    width: HANDLE,
    height: HANDLE,
  });
  const handles = branchesOf(data).map((branch) => source(branch.handle));
  if (leavesAtHead(data)) handles.push(source("source"));
  if (hasTarget(data.type)) {
    const y = handleY(data, "target") - half;
    handles.push({ id: "target", type: "target", position: Position.Left, x: -half, y, width: HANDLE, height: HANDLE });
  }
  return handles;
}
