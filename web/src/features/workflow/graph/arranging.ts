import { around, boxOf, type Box } from "./geometry";
import { isBodyStart } from "./kinds";
import { byId } from "./lookup";
import { movedTo } from "./placing";
import type { FlowDocument, FlowNode, Point } from "./types";

export type Arrangement = "left" | "center" | "right" | "top" | "middle" | "bottom" | "across" | "down";

/** The selected nodes lined up, or with equal gaps between them. Nodes in different containers are not moved together. */
export function arranged(doc: FlowDocument, ids: Iterable<string>, how: Arrangement): FlowDocument {
  const index = byId(doc.nodes);
  const nodes = [...ids]
    .map((id) => index.get(id))
    .filter((node): node is FlowNode => node !== undefined && !isBodyStart(node.data.type));
  const level = nodes[0]?.parentId;
  const chosen = nodes.filter((node) => node.parentId === level).map((node) => ({ node, box: boxOf(doc.nodes, node) }));
  const all = around(chosen.map((each) => each.box));
  if (all === null || chosen.length < 2) return doc;
  const places = new Map<string, Point>();
  const put = (node: FlowNode, box: Box, x: number, y: number) =>
    places.set(node.id, { x: Math.round(node.position.x + x - box.x), y: Math.round(node.position.y + y - box.y) });
  if (how === "across" || how === "down") {
    const [start, length] = how === "across" ? (["x", "width"] as const) : (["y", "height"] as const);
    const sorted = chosen.toSorted((a, b) => a.box[start] - b.box[start]);
    const gap = (all[length] - sorted.reduce((sum, each) => sum + each.box[length], 0)) / (sorted.length - 1);
    let at = all[start];
    for (const { node, box } of sorted) {
      put(node, box, how === "across" ? at : box.x, how === "down" ? at : box.y);
      at += box[length] + gap;
    }
    return movedTo(doc, places);
  }
  for (const { node, box } of chosen) put(node, box, ...lined(how, box, all));
  return movedTo(doc, places);
}

function lined(how: Exclude<Arrangement, "across" | "down">, box: Box, all: Box): [number, number] {
  switch (how) {
    case "left":
      return [all.x, box.y];
    case "center":
      return [all.x + (all.width - box.width) / 2, box.y];
    case "right":
      return [all.x + all.width - box.width, box.y];
    case "top":
      return [box.x, all.y];
    case "middle":
      return [box.x, all.y + (all.height - box.height) / 2];
    case "bottom":
      return [box.x, all.y + all.height - box.height];
  }
}
