import { describe, expect, it } from "vitest";
import { CHARTS, costOf, headlineOf, pointsOf } from "./charts";
import { figuresIn } from "./figures";
import { areaUnder, lineThrough, nearest, placesOf, topOf } from "./geometry";

const chart = (id: string) => {
  const found = Object.values(CHARTS)
    .flat()
    .find((each) => each.id === id);
  if (found === undefined) throw new Error(id);
  return found;
};

describe("points", () => {
  it("fill days of counts with 0, and leave days without a mean out", () => {
    const messages = pointsOf(chart("daily-messages"), [
      { date: "2025-03-29", message_count: 4 },
      { date: "2025-04-01", message_count: 2 },
    ]);
    expect(messages.map(({ date, value }) => [date, value])).toEqual([
      ["2025-03-29", 4],
      ["2025-03-30", 0],
      ["2025-03-31", 0],
      ["2025-04-01", 2],
    ]);
    expect(headlineOf(chart("daily-messages"), messages)).toBe(6);
    const speed = pointsOf(chart("tokens-per-second"), [
      { date: "2025-03-29", tps: 10 },
      { date: "2025-04-01", tps: 5 },
    ]);
    expect(speed).toHaveLength(2);
    expect(headlineOf(chart("tokens-per-second"), speed)).toBe(7.5);
  });

  it("add up what days cost, each currency by itself", () => {
    const tokens = pointsOf(chart("token-costs"), [
      { date: "2025-01-01", token_count: 1, total_price: "0.5000000", currency: "USD" },
      { date: "2025-01-02", token_count: 1, total_price: "0.2500000", currency: "USD" },
      { date: "2025-01-03", token_count: 1, total_price: "2.0000000", currency: "RMB" },
      { date: "2025-01-04", token_count: 1, total_price: "0.0000000", currency: "EUR" },
    ]);
    expect([...costOf(tokens)]).toEqual([
      ["USD", 0.75],
      ["RMB", 2],
    ]);
    expect(figuresIn("en").cost(new Map([["USD", 0.75]]))).toBe("$0.7500");
    expect(figuresIn("en").cost(new Map([["coins", 2]]))).toBe("2.0000 coins");
  });

  it("are none without days", () => {
    const chosen = chart("daily-runs");
    expect([pointsOf(chosen, []), headlineOf(chosen, [])]).toEqual([[], 0]);
    expect([topOf(0), placesOf([], 1), lineThrough([]), areaUnder([]), nearest([], 0.5)]).toEqual([1, [], "", "", -1]);
  });
});

describe("the drawing", () => {
  it("ends above the highest value at a round number", () => {
    expect([0.3, 1, 7, 20, 21, 990, 1_000_001].map(topOf)).toEqual([0.5, 1, 10, 20, 50, 1000, 2_000_000]);
  });

  it("places days by their dates", () => {
    const point = (date: string, value: number) => ({ date, value, cost: new Map() });
    const places = placesOf([point("2025-01-01", 0), point("2025-01-02", 10), point("2025-01-05", 5)], 10);
    expect(places).toEqual([
      { x: 0, y: 1 },
      { x: 0.25, y: 0 },
      { x: 1, y: 0.5 },
    ]);
    expect(areaUnder(places)).toBe("M0,100 L25,0 L100,50 L100,100 L0,100 Z");
    expect([0, 0.2, 0.6, 0.7, 3].map((x) => nearest(places, x))).toEqual([0, 1, 1, 2, 2]);
    expect(placesOf([point("2025-01-01", 5)], 10)).toEqual([{ x: 0.5, y: 0.5 }]);
  });
});
