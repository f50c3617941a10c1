/** Periods that end now and begin with a day of the viewer's zone (spec: console §8.1). */
export const PERIODS = ["today", "7d", "4w", "3m", "12m", "month", "quarter", "year", "all"] as const;
export type Period = (typeof PERIODS)[number];

/** The period of an address; the last seven days for an address without one. */
export function periodOf(name: string | undefined): Period {
  return PERIODS.find((period) => period === name) ?? "7d";
}

/** The first minute of a period as the server reads it, `YYYY-MM-DD HH:mm` in the zone; empty for all time. */
export function startOf(period: Period, now: Date, timeZone: string | undefined): string {
  if (period === "all") return "";
  const parts = new Intl.DateTimeFormat("en", { timeZone, year: "numeric", month: "numeric", day: "numeric" }).formatToParts(now);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
  return `${FIRST[period](part("year"), part("month") - 1, part("day"))} 00:00`;
}

/** The first day of each period that has one, for a last day. */
const FIRST: Record<Exclude<Period, "all">, (year: number, month: number, day: number) => string> = {
  today: (year, month, day) => date(year, month, day),
  "7d": (year, month, day) => date(year, month, day - 7),
  "4w": (year, month, day) => date(year, month, day - 28),
  "3m": (year, month, day) => monthsBefore(3, year, month, day),
  "12m": (year, month, day) => monthsBefore(12, year, month, day),
  month: (year, month) => date(year, month, 1),
  quarter: (year, month) => date(year, month - (month % 3), 1),
  year: (year) => date(year, 0, 1),
};

/** The same day of an earlier month, or the last of a month that is shorter. */
function monthsBefore(count: number, year: number, month: number, day: number): string {
  const length = new Date(Date.UTC(year, month - count + 1, 0)).getUTCDate();
  return date(year, month - count, Math.min(day, length));
}

function date(year: number, month: number, day: number): string {
  return new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10);
}
