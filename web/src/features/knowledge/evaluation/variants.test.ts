import { expect, test } from "vitest";
import { rankings, variantOf, type Result } from "./variants";

const BASE = { p50_ms: 1, p95_ms: 1, failed: 0, error: null, figures: {} };

test("a weight of meaning leaves the rest to words", () => {
  const variant = variantOf({ method: "hybrid_search", meaning: 0.7, baseId: "b" }, "x");
  expect(variant.retrieval_model).toMatchObject({ weights: { vector_setting: { vector_weight: 0.7 }, keyword_setting: { keyword_weight: 0.3 } } });
  expect(variantOf({ method: "own", meaning: 0.7, baseId: "b" }, "x").retrieval_model).toBeNull();
});

test("questions that nobody finds come first", () => {
  const results: Result[] = [
    { ...BASE, places: { a: [1], b: [0, 0], c: [0, 4] } },
    { ...BASE, places: { a: [2], b: [0, 0], c: [0, 0] } },
  ];
  expect(rankings(results)).toEqual([
    { id: "b", places: [0, 0] },
    { id: "c", places: [4, 0] },
    { id: "a", places: [1, 2] },
  ]);
  expect(rankings([])).toEqual([]);
});
