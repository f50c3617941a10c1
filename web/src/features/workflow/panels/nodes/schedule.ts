/** When a schedule fires, as app files hold it (spec workflow-nodes §24). */
export interface VisualSchedule {
  time?: string;
  on_minute?: number;
  weekdays?: string[];
  monthly_days?: (number | string)[];
}

export const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
export type Frequency = "hourly" | "daily" | "weekly" | "monthly";

/** `9:30 PM` as `21:30`; null for what is no time. */
export function toClock(time: string): string | null {
  const match = /^(\d{1,2}):(\d{2})\s*(AM|PM)$/i.exec(time.trim());
  if (match === null) return null;
  const hour = Number(match[1]);
  if (hour < 1 || hour > 12 || Number(match[2]) > 59) return null;
  const late = match[3]?.toUpperCase() === "PM";
  return `${String((hour % 12) + (late ? 12 : 0)).padStart(2, "0")}:${match[2] ?? "00"}`;
}

/** `21:30` as `9:30 PM`. */
export function fromClock(clock: string): string {
  const [hour = 0, minute = 0] = clock.split(":").map(Number);
  return `${String(hour % 12 === 0 ? 12 : hour % 12)}:${String(minute).padStart(2, "0")} ${hour < 12 ? "AM" : "PM"}`;
}

/** The five fields of cron that a visual schedule stands for; null when it is not complete. */
export function cronOf(frequency: Frequency, visual: VisualSchedule): string | null {
  if (frequency === "hourly") return `${String(visual.on_minute ?? 0)} * * * *`;
  const clock = toClock(visual.time ?? "12:00 AM");
  if (clock === null) return null;
  const [hour = 0, minute = 0] = clock.split(":").map(Number);
  const at = `${String(minute)} ${String(hour)}`;
  if (frequency === "daily") return `${at} * * *`;
  if (frequency === "weekly") {
    const days = WEEKDAYS.flatMap((day, number) => ((visual.weekdays ?? ["sun"]).includes(day) ? [number] : []));
    return days.length === 0 ? null : `${at} * * ${days.join(",")}`;
  }
  const days = visual.monthly_days ?? [1];
  const numbers = [...new Set(days.filter((day): day is number => typeof day === "number"))].sort((a, b) => a - b);
  const all = [...numbers.map(String), ...(days.includes("last") ? ["L"] : [])];
  return all.length === 0 ? null : `${at} ${all.join(",")} * *`;
}

const NAMES: Record<string, number> = {
  JAN: 1, FEB: 2, MAR: 3, APR: 4, MAY: 5, JUN: 6, JUL: 7, AUG: 8, SEP: 9, OCT: 10, NOV: 11, DEC: 12,
  SUN: 0, MON: 1, TUE: 2, WED: 3, THU: 4, FRI: 5, SAT: 6,
}; // prettier-ignore
const MACROS: Record<string, string> = {
  "@yearly": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@hourly": "0 * * * *",
}; // prettier-ignore

interface Field {
  values: ReadonlySet<number>;
  any: boolean;
  last: boolean;
  /** Weekdays whose last one of the month is meant: `5L`. */
  lastWeekdays: ReadonlySet<number>;
}

/** One field of cron; null when it cannot be read. */
function fieldOf(text: string, min: number, max: number): Field | null {
  const values = new Set<number>();
  const lastWeekdays = new Set<number>();
  let last = false;
  for (const part of text.toUpperCase().split(",")) {
    if (part === "L") {
      last = true;
      continue;
    }
    const weekday = /^([0-7]|SUN|MON|TUE|WED|THU|FRI|SAT)L$/.exec(part);
    if (weekday !== null && max === 7) {
      lastWeekdays.add((NAMES[weekday[1] ?? ""] ?? Number(weekday[1])) % 7);
      continue;
    }
    const match = /^(?:(\*|\?)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null) return null;
    const number = (word: string | undefined) => (word === undefined ? Number.NaN : (NAMES[word] ?? Number(word)));
    const step = match[4] === undefined ? 1 : Number(match[4]);
    const from = match[1] === undefined ? number(match[2]) : min;
    const to = match[1] !== undefined ? max : match[3] !== undefined ? number(match[3]) : match[4] !== undefined ? max : from;
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < min || to > max || from > to || step < 1) return null;
    for (let value = from; value <= to; value += step) values.add(max === 7 ? value % 7 : value);
  }
  return { values, any: /^[*?]$/.test(text), last, lastWeekdays };
}

interface Local {
  minute: number;
  hour: number;
  day: number;
  month: number;
  weekday: number;
  lastDay: number;
}

/** The wall clock of a zone at an instant. */
function localAt(instant: number, format: Intl.DateTimeFormat): Local {
  const parts: Record<string, string> = Object.fromEntries(format.formatToParts(instant).map((part) => [part.type, part.value]));
  const year = Number(parts.year);
  const month = Number(parts.month);
  const day = Number(parts.day);
  return {
    minute: Number(parts.minute),
    hour: Number(parts.hour) % 24,
    day,
    month,
    weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(),
    lastDay: new Date(Date.UTC(year, month, 0)).getUTCDate(),
  };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * The next times at which a cron expression fires in a zone, as instants; null for an expression or zone that cannot be
 * read. Looks four years ahead. The server has the last word: this is what the form shows.
 */
export function nextRuns(expression: string, timezone: string, from: number, count = 5): number[] | null {
  const fields = (MACROS[expression.trim().toLowerCase()] ?? expression).trim().split(/\s+/);
  if (fields.length !== 5) return null;
  const bounds = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 7]] as const; // prettier-ignore
  const read = fields.map((field, at) => fieldOf(field, bounds[at]?.[0] ?? 0, bounds[at]?.[1] ?? 0));
  const [minute, hour, day, month, weekday] = read;
  if (!minute || !hour || !day || !month || !weekday) return null;
  const format = formatOf(timezone);
  if (format === null) return null;
  const onDay = (local: Local): boolean => {
    const byDay = day.values.has(local.day) || (day.last && local.day === local.lastDay);
    const byWeekday = weekday.values.has(local.weekday) || (weekday.lastWeekdays.has(local.weekday) && local.day > local.lastDay - 7);
    if (day.any && weekday.any) return true;
    if (day.any) return byWeekday;
    return weekday.any ? byDay : byDay || byWeekday;
  };
  const found: number[] = [];
  let at = Math.floor(from / MINUTE) * MINUTE + MINUTE;
  const end = from + 4 * 366 * 24 * HOUR;
  while (at < end && found.length < count) {
    const local = localAt(at, format);
    if (!month.values.has(local.month) || !onDay(local)) {
      // To the next midnight there; an hour early, so that no change of the clock leaps over it.
      const left = (23 - local.hour) * HOUR + (60 - local.minute) * MINUTE;
      at += left > 2 * HOUR ? left - HOUR : MINUTE * (60 - local.minute);
    } else if (!hour.values.has(local.hour)) {
      at += MINUTE * (60 - local.minute);
    } else {
      if (minute.values.has(local.minute)) found.push(at);
      at += MINUTE;
    }
  }
  return found;
}

function formatOf(timezone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: timezone, year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", hourCycle: "h23" });
  } catch {
    return null;
  }
}
