import type { JsonObject } from "@/api/json";

/** A configuration while it is edited, with the way back. */
export interface History {
  past: readonly JsonObject[];
  now: JsonObject;
  future: readonly JsonObject[];
  /** When it was last changed, in milliseconds. */
  at: number;
}

/** Changes that follow each other faster are undone together: typing. */
const TOGETHER_MS = 700;
const LONGEST = 100;

export type Step = { kind: "change"; update: (before: JsonObject) => JsonObject; at: number } | { kind: "undo" } | { kind: "redo" };

export function begun(now: JsonObject): History {
  return { past: [], now, future: [], at: 0 };
}

export function stepped(history: History, step: Step): History {
  const { past, now, future, at } = history;
  if (step.kind === "undo") {
    const before = past.at(-1);
    return before === undefined ? history : { past: past.slice(0, -1), now: before, future: [now, ...future], at: 0 };
  }
  if (step.kind === "redo") {
    const [next, ...rest] = future;
    return next === undefined ? history : { past: [...past, now], now: next, future: rest, at: 0 };
  }
  const next = step.update(now);
  if (next === now) return history;
  const together = past.length > 0 && step.at - at < TOGETHER_MS;
  return { past: together ? past : [...past, now].slice(-LONGEST), now: next, future: [], at: step.at };
}
