import { describe, expect, it } from "vitest";
import { cronOf, fromClock, nextRuns, toClock } from "./schedule";

const runs = (cron: string, zone: string, from: string, count = 2) => nextRuns(cron, zone, Date.parse(from), count)?.map((at) => new Date(at).toISOString().slice(0, 16));

describe("a visual schedule", () => {
  it("is cron in other words", () => {
    expect(cronOf("hourly", { on_minute: 15 })).toBe("15 * * * *");
    expect(cronOf("daily", { time: "9:30 AM" })).toBe("30 9 * * *");
    expect(cronOf("weekly", { time: "2:00 PM", weekdays: ["fri", "mon"] })).toBe("0 14 * * 1,5");
    expect(cronOf("monthly", { time: "12:00 AM", monthly_days: [31, "last", 1, 1] })).toBe("0 0 1,31,L * *");
    expect(cronOf("weekly", { time: "2:00 PM", weekdays: [] })).toBeNull();
    expect(cronOf("daily", { time: "13:00 PM" })).toBeNull();
  });

  it("has times that clocks show", () => {
    expect([toClock("12:05 AM"), toClock("12:00 PM"), toClock("9:30 pm")]).toEqual(["00:05", "12:00", "21:30"]);
    expect([fromClock("00:05"), fromClock("12:00"), fromClock("21:30")]).toEqual(["12:05 AM", "12:00 PM", "9:30 PM"]);
  });
});

describe("the next runs", () => {
  it("are counted in the schedule's own zone", () => {
    expect(runs("30 9 * * *", "UTC", "2025-01-01T10:00Z")).toEqual(["2025-01-02T09:30", "2025-01-03T09:30"]);
    expect(runs("0 9 * * 1-5", "Asia/Tokyo", "2025-01-03T01:00Z", 1)).toEqual(["2025-01-06T00:00"]);
  });

  it("know the last day, and the last Friday, of a month", () => {
    expect(runs("0 0 L * *", "UTC", "2025-02-01T00:00Z")).toEqual(["2025-02-28T00:00", "2025-03-31T00:00"]);
    expect(runs("0 12 * * 5L", "UTC", "2025-01-01T00:00Z", 1)).toEqual(["2025-01-31T12:00"]);
  });

  it("skip months without the day, and follow a change of the clock", () => {
    expect(runs("0 0 31 * *", "UTC", "2025-04-01T00:00Z", 2)).toEqual(["2025-05-31T00:00", "2025-07-31T00:00"]);
    expect(runs("30 9 * * *", "Europe/Berlin", "2025-03-29T12:00Z", 2)).toEqual(["2025-03-30T07:30", "2025-03-31T07:30"]);
  });

  it("take steps, names and macros; a day and a weekday are either", () => {
    expect(runs("*/30 8 * JAN MON", "UTC", "2025-01-01T00:00Z")).toEqual(["2025-01-06T08:00", "2025-01-06T08:30"]);
    expect(runs("@monthly", "UTC", "2025-01-02T00:00Z", 1)).toEqual(["2025-02-01T00:00"]);
    expect(runs("0 0 13 * 5", "UTC", "2025-06-01T00:00Z", 3)).toEqual(["2025-06-06T00:00", "2025-06-13T00:00", "2025-06-20T00:00"]);
  });

  it("of what cannot be read are none", () => {
    expect([nextRuns("0 0 * * * *", "UTC", 0), nextRuns("61 * * * *", "UTC", 0), nextRuns("0 0 * * *", "Nowhere/At", 0), nextRuns("", "UTC", 0)]).toEqual([null, null, null, null]);
  });
});
