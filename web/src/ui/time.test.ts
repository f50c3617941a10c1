import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, relativeTime } from "./time";

describe("formatDuration", () => {
  it.each([
    [0, "< 0.1 ms"],
    [0.0032, "3.2 ms"],
    [0.84, "840 ms"],
    [2.913, "2.91 s"],
    [59.99, "60.0 s"],
    [65, "1 min 5 s"],
    [119.7, "2 min 0 s"],
  ])("writes %d seconds as %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe("formatBytes", () => {
  it.each([
    [512, "512 B"],
    [2048, "2.0 KB"],
    [15 * 1024 * 1024, "15 MB"],
  ])("writes %d as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe("relativeTime", () => {
  const now = 1_750_000_000;
  it("counts in the largest unit that fits, in the viewer's language", () => {
    expect(relativeTime(now - 5, now, "en")).toBe("now");
    expect(relativeTime(now - 180, now, "en")).toBe("3 min. ago");
    expect(relativeTime(now - 7200, now, "ja")).toBe("2 時間前");
  });

  it("gives a date after a week", () => {
    expect(relativeTime(now - 30 * 86_400, now, "en")).toBe("May 16, 2025");
  });
});
