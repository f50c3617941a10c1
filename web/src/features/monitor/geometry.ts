import type { Point } from "./charts";

/** A place in a chart, both ways from 0 (left, top) to 1 (right, bottom). */
export interface Place {
  x: number;
  y: number;
}

/** The next number of the form 1, 2 or 5 times a power of ten. */
export function topOf(highest: number): number {
  if (highest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 5, 10].find((each) => each * power >= highest * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** Where the points lie: by date from left to right; the only one is in the middle. */
export function placesOf(points: readonly Point[], top: number): Place[] {
  const first = Date.parse(points[0]?.date ?? "");
  const length = Date.parse(points.at(-1)?.date ?? "") - first;
  return points.map(({ date, value }) => ({ x: length > 0 ? (Date.parse(date) - first) / length : 0.5, y: 1 - value / top }));
}

/** The line through the places, in a box of 100 by 100. */
export function lineThrough(places: readonly Place[]): string {
  return places.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${short(x)},${short(y)}`).join(" ");
}

/** What lies below the line, down to the bottom. */
export function areaUnder(places: readonly Place[]): string {
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return "";
  return `${lineThrough(places)} L${short(last.x)},100 L${short(first.x)},100 Z`;
}

/** The index of the place that is nearest to `x`; -1 where there is none. */
export function nearest(places: readonly Place[], x: number): number {
  return places.reduce((best, place, index) => (best < 0 || Math.abs(place.x - x) < Math.abs((places[best]?.x ?? 0) - x) ? index : best), -1);
}

function short(share: number): string {
  return String(Math.round(share * 10_000) / 100);
}
