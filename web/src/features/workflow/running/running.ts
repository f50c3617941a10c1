import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { createStore, type StoreApi } from "zustand/vanilla";
import type { StepStatus } from "@/api/events";
import type { JsonObject } from "@/api/json";
import type { Turn } from "@/features/generation/turn";
import { NO_TALK } from "@/features/trial/no-talk";
import type { Talk } from "@/features/trial/tried";

export type DockTab = "run" | "trace" | "variables" | "step" | "history";

/** How the last execution of a node went, as its card shows it. */
export interface NodeLook {
  status: StepStatus;
  elapsed: number | null;
  retries: number;
}

/** Trying out the draft: what runs, what it left, and what the dock shows of it. */
export interface RunningState {
  tab: DockTab;
  open: boolean;
  height: number;
  /** The run that the canvas and the trace show; null before the first one. */
  turn: Turn | null;
  runId: string | null;
  /** The inputs of the last run, kept for the next one. */
  inputs: JsonObject;
  /** The conversation with the draft of a chatflow. */
  talk: Talk;
  looks: ReadonlyMap<string, NodeLook>;
  /** What nodes that run have said so far, the end of it, by node id. */
  texts: ReadonlyMap<string, string>;
  /** The node that is run alone. */
  stepNodeId: string | null;
  /** The container that ran alone last, as its rounds went by. */
  stepTurn: { nodeId: string; turn: Turn } | null;
}

export type RunningStore = StoreApi<RunningState>;

const FRESH: RunningState = {
  tab: "run",
  open: false,
  height: 320,
  turn: null,
  runId: null,
  inputs: {},
  talk: NO_TALK,
  looks: new Map(),
  texts: new Map(),
  stepNodeId: null,
  stepTurn: null,
};

export function createRunningStore(): RunningStore {
  return createStore<RunningState>()(() => FRESH);
}

/** Forgets the conversation with the draft and what it left, unless an answer is on its way. */
export function beginAnew(running: RunningStore): void {
  const { height, inputs, turn } = running.getState();
  if (turn === null || turn.ended) running.setState({ ...FRESH, open: true, height, inputs });
}

export const RunningContext = createContext<RunningStore | null>(null);

export function useRunningStore(): RunningStore {
  const store = useContext(RunningContext);
  if (store === null) throw new Error("No draft is being tried around this component.");
  return store;
}

export function useRunning<T>(select: (state: RunningState) => T): T {
  return useStore(useRunningStore(), select);
}

/** What the cards show of a turn; the same map when nothing about nodes changed. */
export function looksOf(turn: Turn, before: ReadonlyMap<string, NodeLook>): ReadonlyMap<string, NodeLook> {
  const looks = new Map<string, NodeLook>();
  for (const { nodeId, status, elapsed, retries } of turn.steps) looks.set(nodeId, { status, elapsed, retries });
  const same =
    looks.size === before.size &&
    [...looks].every(([id, look]) => {
      const known = before.get(id);
      return known?.status === look.status && known.elapsed === look.elapsed && known.retries === look.retries;
    });
  return same ? before : looks;
}

/** Both ends of an edge were reached, so that the run went along it. */
export function wasTaken(looks: ReadonlyMap<string, NodeLook>, source: string, target: string): boolean {
  const from = looks.get(source);
  return from !== undefined && from.status !== "running" && looks.has(target);
}
