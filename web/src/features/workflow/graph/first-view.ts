import type { Box } from "./geometry";
import type { Viewport } from "./types";

const PHONE = 640;
const READABLE = 0.7;
const MARGIN = 16;

/**
 * On a phone a graph that would be too small to read opens at its beginning instead: the leftmost card at a readable size,
 * beside the tools (`left`, in pixels of the window) and in the middle of the height. Elsewhere `whole`, the view of all cards, stays.
 */
export function readableView(whole: Viewport, boxes: readonly Box[], { left, width, height }: { left: number; width: number; height: number }): Viewport {
  const [first, ...others] = boxes;
  if (first === undefined || width >= PHONE || whole.zoom >= READABLE) return whole;
  const start = others.reduce((best, box) => (box.x < best.x ? box : best), first);
  return { x: left + MARGIN - start.x * READABLE, y: height / 2 - (start.y + start.height / 2) * READABLE, zoom: READABLE };
}
