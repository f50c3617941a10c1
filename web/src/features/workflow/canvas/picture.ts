import { around, boxOf, curve } from "../graph/geometry";
import { branchesOf } from "../graph/branches";
import { familyOf, isBodyStart, isContainer, isNote } from "../graph/kinds";
import { summaryOf } from "../graph/summary";
import type { FlowDocument, FlowNode } from "../graph/types";
import { plainNote } from "../notes/rich-text";
import { lineOf } from "./edges";

const MARGIN = 40;

/** The whole canvas as a drawing (SVG), in the colours of `style`. */
export function pictureOf(doc: FlowDocument, style: CSSStyleDeclaration): string {
  const all = around(doc.nodes.map((node) => boxOf(doc.nodes, node))) ?? { x: 0, y: 0, width: 100, height: 100 };
  const colour = (name: string): string => {
    const probe = document.createElement("i");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return escaped(value);
  };
  const [line, text, muted, surface, sunken] = ["line-strong", "text", "muted", "surface", "sunken"].map(colour);
  const flat = (node: FlowNode): string => {
    const { x, y, width, height } = boxOf(doc.nodes, node);
    const frame = (fill: string, stroke: string) =>
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="10" fill="${fill}" stroke="${stroke}"/>`;
    const words = (content: string, dy: number, fill: string, weight = 400, most = 32) =>
      `<text x="${x + 14}" y="${y + dy}" fill="${fill}" font-size="13" font-weight="${weight}">${escaped(content.slice(0, most))}</text>`;
    if (isNote(node)) {
      const lines = plainNote(typeof node.data.text === "string" ? node.data.text : "").match(/.{1,36}/gsu) ?? [];
      return frame(sunken ?? "", line ?? "") + lines.slice(0, Math.floor(height / 18)).map((each, at) => words(each, 24 + at * 18, text ?? "")).join("");
    }
    if (isBodyStart(node.data.type)) return frame(surface ?? "", line ?? "");
    const hue = colour(familyOf(node.data.type) === "container" ? "line-strong" : `node-${familyOf(node.data.type)}`);
    const rows = [...summaryOf(node.data).map((each) => each.text), ...branchesOf(node.data).map((each) => `${each.kind.toUpperCase()} ${each.text}`)];
    const start = node.data.desc ? 80 : 61;
    return [
      frame(isContainer(node.data.type) ? "none" : (surface ?? ""), hue),
      `<circle cx="${x + 22}" cy="${y + 22}" r="6" fill="${hue}"/>`,
      `<text x="${x + 38}" y="${y + 27}" fill="${text ?? ""}" font-size="14" font-weight="600">${escaped(node.data.title.slice(0, 28))}</text>`,
      node.data.desc ? words(node.data.desc, 55, muted ?? "") : "",
      ...(isContainer(node.data.type) ? [] : rows.map((row, at) => words(row, start + at * 26, muted ?? ""))),
    ].join("");
  };
  const edges = doc.edges.map((edge) => {
    const ends = lineOf(doc.nodes, edge);
    return ends === null ? "" : `<path d="${curve(ends.from, ends.to)}" fill="none" stroke="${line ?? ""}" stroke-width="1.75"/>`;
  });
  const under = doc.nodes.filter((node) => isContainer(node.data.type) || isNote(node));
  const over = doc.nodes.filter((node) => !under.includes(node));
  const [width, height] = [all.width + 2 * MARGIN, all.height + 2 * MARGIN];
  const box = `${all.x - MARGIN} ${all.y - MARGIN} ${width} ${height}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${box}" font-family="${escaped(style.fontFamily)}">`,
    `<rect x="${all.x - MARGIN}" y="${all.y - MARGIN}" width="${width}" height="${height}" fill="${colour("bg")}"/>`,
    ...under.map(flat),
    ...edges,
    ...over.map(flat),
    "</svg>",
  ].join("\n");
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
