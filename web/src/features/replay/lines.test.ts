import { expect, test } from "vitest";
import { linesOf, pairLines } from "./lines";

test("equal lines stand beside each other", () => {
  expect(pairLines(["a", "b", "c"], ["a", "x", "y", "c"])).toEqual([
    { left: "a", right: "a", same: true },
    { left: "b", right: "x", same: false },
    { left: null, right: "y", same: false },
    { left: "c", right: "c", same: true },
  ]);
  expect(pairLines([], ["a"])).toEqual([{ left: null, right: "a", same: false }]);
  expect(pairLines(["a"], ["a"])).toEqual([{ left: "a", right: "a", same: true }]);
});

test("values become lines", () => {
  expect(linesOf({ a: 1 })).toEqual(["{", '  "a": 1', "}"]);
  expect(linesOf("x\ny")).toEqual(["x", "y"]);
  expect(linesOf(null)).toEqual([]);
});
