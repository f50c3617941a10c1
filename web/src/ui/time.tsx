import { useEffect, useReducer } from "react";
import { useTranslation } from "react-i18next";
import { useTimeZone } from "./time-zone";

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** How long ago, in the viewer's language; older than a week as a date. */
export function relativeTime(epochSeconds: number, now: number, language: string, timeZone?: string): string {
  const seconds = epochSeconds - now;
  if (Math.abs(seconds) > 7 * 86_400) {
    return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone }).format(epochSeconds * 1000);
  }
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return format.format(Math.round(seconds / length), unit);
  }
  return format.format(0, "second");
}

/** A moment: relative, with the exact time in the viewer's zone on hover and for assistive technology. */
export function Time({ at }: { at: number }) {
  const { i18n } = useTranslation();
  const timeZone = useTimeZone();
  const [, tick] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const timer = setInterval(tick, 30_000);
    return () => clearInterval(timer);
  }, []);
  const exact = new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeStyle: "medium", timeZone }).format(at * 1000);
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={exact} className="whitespace-nowrap">
      {relativeTime(at, currentSeconds(), i18n.language, timeZone)}
    </time>
  );
}

export function currentSeconds(): number {
  return Date.now() / 1000;
}

/** A duration for people: < 0.1 ms, 3.2 ms, 840 ms, 2.91 s, 1 min 5 s. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.0001) return "< 0.1 ms";
  if (seconds < 1) return `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KB", "MB", "GB"];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit] ?? ""}`;
}
