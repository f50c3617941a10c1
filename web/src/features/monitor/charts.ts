import type { AppMode } from "@/api/console";
import type { operations } from "@/api/schema";

/** What the server calls a chart. */
export type ChartId = operations["statistics_read_chart"]["parameters"]["path"]["chart"];

/** A chart of the Monitor. */
export interface Chart {
  id: ChartId;
  /** Of a day, which value is drawn. */
  value: string;
  /** A day without a record counts as 0, and the headline is the sum; else it is left out, and the headline is the mean. */
  counts: boolean;
  /** How high an empty chart is. */
  emptyTop: number;
}

export type Day = Record<string, string | number>;

const count = (id: ChartId, value: string): Chart => ({ id, value, counts: true, emptyTop: 500 });
const mean = (id: ChartId, value: string, emptyTop: number): Chart => ({ id, value, counts: false, emptyTop });

const CONVERSATIONS = count("daily-conversations", "conversation_count");
const USERS = count("daily-end-users", "terminal_count");
const SPEED = mean("tokens-per-second", "tps", 100);
const SATISFACTION = mean("user-satisfaction-rate", "rate", 1000);
const TOKENS = count("token-costs", "token_count");

const CHAT: readonly Chart[] = [
  CONVERSATIONS,
  USERS,
  mean("average-session-interactions", "interactions", 500),
  SPEED,
  SATISFACTION,
  TOKENS,
  count("daily-messages", "message_count"),
];

/** The charts of an app in their order (spec: console §8.3). */
export const CHARTS: Record<AppMode, readonly Chart[]> = {
  chat: CHAT,
  "agent-chat": CHAT,
  "advanced-chat": CHAT,
  completion: [CONVERSATIONS, USERS, mean("average-response-time", "latency", 500), SPEED, SATISFACTION, TOKENS],
  workflow: [
    count("daily-runs", "runs"),
    count("daily-terminals", "terminal_count"),
    count("run-token-costs", "token_count"),
    mean("average-app-interactions", "interactions", 500),
  ],
};

/** A day of a chart; `cost` by currency. */
export interface Point {
  date: string;
  value: number;
  cost: ReadonlyMap<string, number>;
}

/** The days of a chart in order; those between the first and the last of which nothing is known are 0 where things are counted. */
export function pointsOf(chart: Chart, days: readonly Day[]): Point[] {
  const known = new Map(days.map((day) => [String(day.date), point(chart, day)]));
  const dates = [...known.keys()];
  const [first, last] = [dates[0], dates.at(-1)];
  if (!chart.counts || first === undefined || last === undefined) return [...known.values()];
  return datesBetween(first, last).map((date) => known.get(date) ?? { date, value: 0, cost: new Map() });
}

/** The sum of the days, or the mean of those that have a value. */
export function headlineOf(chart: Chart, points: readonly Point[]): number {
  const sum = points.reduce((all, each) => all + each.value, 0);
  return chart.counts || points.length === 0 ? sum : sum / points.length;
}

/** What all days cost, by currency; free days name none. */
export function costOf(points: readonly Point[]): ReadonlyMap<string, number> {
  const all = new Map<string, number>();
  for (const { cost } of points) for (const [currency, price] of cost) all.set(currency, (all.get(currency) ?? 0) + price);
  return all;
}

/** Every date from one to another, both included. */
export function datesBetween(first: string, last: string): string[] {
  const dates: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += DAY) dates.push(new Date(at).toISOString().slice(0, 10));
  return dates;
}

const DAY = 86_400_000;

function point(chart: Chart, day: Day): Point {
  const price = Number(day.total_price ?? 0);
  const cost = price > 0 ? new Map([[String(day.currency), price]]) : new Map<string, number>();
  return { date: String(day.date), value: Number(day[chart.value] ?? 0), cost };
}
