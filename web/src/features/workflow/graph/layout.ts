import { graphlib, layout as arrange } from "@dagrejs/dagre";
import { CONTAINER_MIN, CONTAINER_PADDING, around, handleY, overlap, sizeOf, type Box, type Size } from "./geometry";
import { isContainer, isNote } from "./kinds";
import { byId, childrenOf } from "./lookup";
import { movedTo } from "./placing";
import type { FlowDocument, FlowEdge, FlowNode, Point } from "./types";

const RANK_GAP = 60;
const NODE_GAP = 40;

/** The document laid out from left to right, containers inside out. Cards that nothing is connected to stay, unless they would be hidden. */
export function organised(doc: FlowDocument): FlowDocument {
  const places = new Map<string, Point>();
  const sizes = new Map<string, Size>();
  for (const container of doc.nodes) {
    if (!isContainer(container.data.type)) continue;
    const children = childrenOf(doc.nodes, container.id);
    const inside = placed(children, doc.edges, sizes, true);
    const box = around(children.map((child) => ({ ...(inside.get(child.id) ?? child.position), ...sizeOf(child) })));
    if (box === null) continue;
    const { left, top, right, bottom } = CONTAINER_PADDING;
    for (const [id, at] of inside) places.set(id, { x: at.x - box.x + left, y: at.y - box.y + top });
    sizes.set(container.id, {
      width: Math.max(CONTAINER_MIN.width, box.width + left + right),
      height: Math.max(CONTAINER_MIN.height, box.height + top + bottom),
    });
  }
  const index = byId(doc.nodes);
  const outer = doc.nodes.filter((node) => !isNote(node) && (node.parentId === undefined || !index.has(node.parentId)));
  const main = placed(outer, doc.edges, sizes, false);
  for (const [id, at] of [...main, ...uncovered(outer, main, sizes)]) places.set(id, at);
  const nodes = doc.nodes.map((node) => {
    const size = sizes.get(node.id);
    if (size === undefined) return node;
    return { ...node, ...size, data: { ...node.data, ...size } };
  });
  return movedTo({ ...doc, nodes }, places);
}

/** Cards that were not placed, but would lie under ones that were: in a row below all. */
function uncovered(nodes: readonly FlowNode[], places: ReadonlyMap<string, Point>, sizes: ReadonlyMap<string, Size>): Map<string, Point> {
  const boxOf = (node: FlowNode): Box => ({ ...(places.get(node.id) ?? node.position), ...(sizes.get(node.id) ?? sizeOf(node)) });
  const taken = nodes.filter((node) => places.has(node.id)).map(boxOf);
  const whole = around(taken);
  const moved = new Map<string, Point>();
  if (whole === null) return moved;
  let x = whole.x;
  for (const node of nodes) {
    const box = boxOf(node);
    if (places.has(node.id) || !taken.some((other) => overlap(other, box))) continue;
    moved.set(node.id, { x, y: whole.y + whole.height + NODE_GAP });
    x += box.width + RANK_GAP;
  }
  return moved;
}

/** Places of those cards of one level that are connected; the first one stays where it is. */
function placed(
  nodes: readonly FlowNode[],
  edges: readonly FlowEdge[],
  sizes: ReadonlyMap<string, Size>,
  all: boolean,
): Map<string, Point> {
  const here = new Set(nodes.map((node) => node.id));
  const inner = edges.filter((edge) => here.has(edge.source) && here.has(edge.target));
  const joined = new Set(inner.flatMap((edge) => [edge.source, edge.target]));
  const moving = nodes.filter((node) => all || joined.has(node.id));
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: "LR", align: "UL", ranksep: RANK_GAP, nodesep: NODE_GAP });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of moving) graph.setNode(node.id, { ...(sizes.get(node.id) ?? sizeOf(node)) });
  for (const edge of inBranchOrder(inner, byId(nodes))) graph.setEdge(edge.source, edge.target);
  arrange(graph);
  const first = moving.find((node) => node.data.type === "start") ?? moving[0];
  if (first === undefined) return new Map();
  const corner = (node: FlowNode): Point => {
    const { x, y } = graph.node(node.id) as Point;
    const size = sizes.get(node.id) ?? sizeOf(node);
    return { x: Math.round(x - size.width / 2), y: Math.round(y - size.height / 2) };
  };
  const origin = corner(first);
  const [dx, dy] = [first.position.x - origin.x, first.position.y - origin.y];
  return new Map(
    moving.map((node) => {
      const { x, y } = corner(node);
      return [node.id, { x: x + dx, y: y + dy }];
    }),
  );
}

/** Upper branches first: what the order of edges says is how dagre sorts a rank. */
function inBranchOrder(edges: readonly FlowEdge[], nodes: ReadonlyMap<string, FlowNode>): FlowEdge[] {
  const height = (edge: FlowEdge): number => {
    const source = nodes.get(edge.source);
    return source === undefined ? 0 : handleY(source.data, edge.sourceHandle ?? "source");
  };
  return edges.toSorted((a, b) => height(a) - height(b));
}
