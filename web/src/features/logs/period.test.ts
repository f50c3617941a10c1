import { describe, expect, it } from "vitest";
import { firstRange, periodOf, rangeOf, spanOf, startOf } from "./period";

describe("startOf", () => {
  const now = new Date("2025-05-31T22:30:00Z");

  it.each([
    ["today", "2025-05-31 00:00"],
    ["7d", "2025-05-24 00:00"],
    ["4w", "2025-05-03 00:00"],
    ["3m", "2025-02-28 00:00"],
    ["12m", "2024-05-31 00:00"],
    ["month", "2025-05-01 00:00"],
    ["quarter", "2025-04-01 00:00"],
    ["year", "2025-01-01 00:00"],
    ["all", ""],
  ] as const)("gives the first day of %s", (period, start) => {
    expect(startOf(period, now, "UTC")).toBe(start);
  });

  it("counts days in the reader's zone", () => {
    expect(startOf("today", now, "Europe/Berlin")).toBe("2025-06-01 00:00");
    expect(startOf("month", now, "Asia/Tokyo")).toBe("2025-06-01 00:00");
  });
});

describe("spanOf", () => {
  const now = new Date("2025-05-31T22:30:00Z");

  it("holds both days of a range", () => {
    expect(spanOf("2025-02-27..2025-02-28", now, "Asia/Tokyo")).toEqual({ start: "2025-02-27 00:00", end: "2025-03-01 00:00" });
    expect(rangeOf("2025-03-02..2025-03-01")).toEqual({ from: "2025-03-01", to: "2025-03-02" });
    expect(firstRange(now, "Europe/Berlin")).toBe("2025-05-25..2025-06-01");
  });

  it("has no end for a period, nor for what is no range", () => {
    expect(spanOf("4w", now, "UTC")).toEqual({ start: "2025-05-03 00:00", end: "" });
    expect(spanOf("2025-13-01..2025-01-01", now, "UTC").end).toBe("");
  });
});

describe("periodOf", () => {
  it("takes the usual period for what is none", () => {
    expect(periodOf("4w")).toBe("4w");
    expect(periodOf("ever")).toBe("7d");
    expect(periodOf(undefined)).toBe("7d");
  });
});
