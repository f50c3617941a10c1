import type { Box } from "./geometry";

/** Lines that edges and centres of cards lie on, to align others with. */
export interface GuideLines {
  x: Float64Array;
  y: Float64Array;
}

export interface Aligned {
  /** What to add to the place of what is dragged. */
  dx: number;
  dy: number;
  /** Where to draw a line; null for none. */
  x: number | null;
  y: number | null;
}

const WITHIN = 5;

export function guideLines(boxes: readonly Box[]): GuideLines {
  return {
    x: Float64Array.from(boxes.flatMap((box) => [box.x, box.x + box.width / 2, box.x + box.width])).sort(),
    y: Float64Array.from(boxes.flatMap((box) => [box.y, box.y + box.height / 2, box.y + box.height])).sort(),
  };
}

/** The nearest line within 5 pixels in either direction, for the edges and the centre of a box. */
export function aligned(box: Box, lines: GuideLines): Aligned {
  const x = nearest([box.x, box.x + box.width / 2, box.x + box.width], lines.x);
  const y = nearest([box.y, box.y + box.height / 2, box.y + box.height], lines.y);
  return { dx: x?.shift ?? 0, dy: y?.shift ?? 0, x: x?.line ?? null, y: y?.line ?? null };
}

function nearest(places: readonly number[], lines: Float64Array): { shift: number; line: number } | null {
  let best: { shift: number; line: number } | null = null;
  for (const place of places) {
    for (let at = firstFrom(lines, place - WITHIN); at < lines.length; at += 1) {
      const line = lines[at] ?? Infinity;
      if (line > place + WITHIN) break;
      if (best === null || Math.abs(line - place) < Math.abs(best.shift)) best = { shift: line - place, line };
    }
  }
  return best;
}

function firstFrom(lines: Float64Array, value: number): number {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
