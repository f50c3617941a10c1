/** Periods of logs and charts, from the start of a day in the reader's time zone until now (spec: console §8.1). */
export const PERIODS = ["today", "7d", "4w", "3m", "12m", "month", "quarter", "year", "all"] as const;
export type Period = (typeof PERIODS)[number];
export const USUAL_PERIOD: Period = "7d";

const DAYS: Partial<Record<Period, number>> = { today: 0, "7d": 7, "4w": 28 };

/** The period that an address names; the usual one for anything else. */
export function periodOf(name: string | undefined): Period {
  return PERIODS.find((period) => period === name) ?? USUAL_PERIOD;
}

/** The days of a range that an address names, such as `2025-01-01..2025-01-31`; null for anything else. */
export function rangeOf(name: string | undefined): { from: string; to: string } | null {
  const [, from, to] = /^(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)$/.exec(name ?? "") ?? [];
  if (from === undefined || to === undefined || Number.isNaN(Date.parse(from)) || Number.isNaN(Date.parse(to))) return null;
  return from <= to ? { from, to } : { from: to, to: from };
}

/** From when to before when an address asks, as `YYYY-MM-DD HH:mm` in the zone; empty texts are no end. */
export interface Span {
  start: string;
  end: string;
}

export function spanOf(name: string | undefined, now: Date, timeZone: string | undefined): Span {
  const range = rangeOf(name);
  if (range === null) return { start: startOf(periodOf(name), now, timeZone), end: "" };
  const after = new Date(Date.parse(range.to) + 86_400_000).toISOString().slice(0, 10);
  return { start: `${range.from} 00:00`, end: `${after} 00:00` };
}

/** The range that is offered first: the usual period. */
export function firstRange(now: Date, timeZone: string | undefined): string {
  return `${startOf(USUAL_PERIOD, now, timeZone).slice(0, 10)}..${startOf("today", now, timeZone).slice(0, 10)}`;
}

/** When a period begins, as `YYYY-MM-DD HH:mm` in the zone; empty for one without a beginning. */
export function startOf(period: Period, now: Date, timeZone: string | undefined): string {
  if (period === "all") return "";
  const [year, month, day] = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(now).split("-").map(Number) as [number, number, number];
  return `${firstDay(period, year, month, day).toISOString().slice(0, 10)} 00:00`;
}

/** A calendar day, at midnight UTC. */
function firstDay(period: Period, year: number, month: number, day: number): Date {
  const date = (y: number, m: number, d: number) => new Date(Date.UTC(y, m - 1, d));
  switch (period) {
    case "month":
      return date(year, month, 1);
    case "quarter":
      return date(year, month - ((month - 1) % 3), 1);
    case "year":
      return date(year, 1, 1);
    case "3m":
      return monthsBefore(year, month, day, 3);
    case "12m":
      return monthsBefore(year, month, day, 12);
    default:
      return date(year, month, day - (DAYS[period] ?? 0));
  }
}

/** The same day some months earlier, or the last one of a shorter month. */
function monthsBefore(year: number, month: number, day: number, count: number): Date {
  const last = new Date(Date.UTC(year, month - count, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 - count, Math.min(day, last)));
}
