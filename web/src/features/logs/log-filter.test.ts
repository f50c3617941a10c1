import { describe, expect, it } from "vitest";
import { isFiltered, numbersAround, sizeOf } from "./log-filter";

describe("numbersAround", () => {
  it.each([
    [1, 1, [1]],
    [1, 3, [1, 2, 3]],
    [5, 9, [1, null, 4, 5, 6, null, 9]],
    [3, 9, [1, 2, 3, 4, null, 9]],
  ])("shows page %i of %i", (page, pages, shown) => {
    expect(numbersAround(page, pages)).toEqual(shown);
  });
});

describe("an address", () => {
  it("has a size of those that are offered", () => {
    expect(sizeOf({ size: "50" })).toBe(50);
    expect(sizeOf({ size: "7" })).toBe(25);
  });

  it("filters where it leaves something out", () => {
    expect(isFiltered({ size: "50", open: "x", sort: "created_at" })).toBe(false);
    expect(isFiltered({ who: "mira" })).toBe(true);
  });
});
