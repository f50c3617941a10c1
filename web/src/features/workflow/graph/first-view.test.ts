import { describe, expect, it } from "vitest";
import { readableView } from "./first-view";

const start = { x: 80, y: 282, width: 240, height: 100 };
const last = { x: 1580, y: 82, width: 240, height: 100 };
const whole = { x: 10, y: 20, zoom: 0.26 };
const phone = { left: 64, width: 390, height: 684 };

describe("readableView", () => {
  it("opens a wide graph on a phone at its leftmost card, whatever the order of the cards", () => {
    const { x, y, zoom } = readableView(whole, [last, start], phone);
    expect(zoom).toBe(0.7);
    expect(start.x * zoom + x).toBeCloseTo(80);
    expect((start.x + start.width) * zoom + x).toBeLessThan(phone.width);
    expect((start.y + start.height / 2) * zoom + y).toBeCloseTo(342);
  });

  it("keeps the view of all cards where that can be read", () => {
    const near = { ...whole, zoom: 0.8 };
    expect(readableView(near, [start], phone)).toBe(near);
  });

  it("keeps the view of all cards on a wide window and on an empty canvas", () => {
    expect(readableView(whole, [start, last], { left: 64, width: 1280, height: 640 })).toBe(whole);
    expect(readableView(whole, [], phone)).toBe(whole);
  });
});
