import { expect, it } from "vitest";
import { FIRST_VIEW, searchOf, viewOf } from "./base-view";

it("goes into the address and comes back, without what is as at first", () => {
  const view = { tab: "documents", keyword: "港", status: "error", sort: "-hit_count", page: 3 } as const;
  expect(searchOf(view)).toEqual({ tab: undefined, keyword: "港", status: "error", sort: "-hit_count", page: "3" });
  expect(viewOf(searchOf(view))).toEqual(view);
});

it("ignores what no page of ours wrote", () => {
  expect(viewOf({ tab: "x", status: "gone", sort: "", page: "-2" })).toEqual(FIRST_VIEW);
});
