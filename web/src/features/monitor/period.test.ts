import { describe, expect, it } from "vitest";
import { PERIODS, periodOf, startOf, type Period } from "./period";

const LATE = new Date("2025-05-31T22:30:00Z");

describe("startOf", () => {
  it.each<[Period, string]>([
    ["today", "2025-05-31 00:00"],
    ["7d", "2025-05-24 00:00"],
    ["4w", "2025-05-03 00:00"],
    ["3m", "2025-02-28 00:00"],
    ["12m", "2024-05-31 00:00"],
    ["month", "2025-05-01 00:00"],
    ["quarter", "2025-04-01 00:00"],
    ["year", "2025-01-01 00:00"],
    ["all", ""],
  ])("gives the first day of %s", (period, start) => {
    expect(startOf(period, LATE, "UTC")).toBe(start);
  });

  it("counts from the day that it is in the viewer's zone", () => {
    expect(startOf("today", LATE, "Asia/Tokyo")).toBe("2025-06-01 00:00");
    expect(startOf("quarter", new Date("2025-01-01T02:00:00Z"), "America/New_York")).toBe("2024-10-01 00:00");
  });
});

describe("periodOf", () => {
  it("takes the last seven days for what is no period", () => {
    expect(PERIODS.map(periodOf)).toEqual([...PERIODS]);
    expect([periodOf(undefined), periodOf("century")]).toEqual(["7d", "7d"]);
  });
});
