import { useEffect, useRef, useState } from "react";
import { api, openStream } from "@/api/client";
import type { JsonObject } from "@/api/json";
import { readFrames, type Frame } from "@/api/sse";
import type { ThreadItem } from "@/features/chat/thread";
import { runTurn } from "@/features/generation/run-turn";
import { NEW_TURN } from "@/features/generation/turn";
import { NO_TALK } from "@/features/trial/no-talk";
import { begun, nextPlace, requestOf, shownOf, withChoice, withExchange, withTurn, type Question, type Talk, type Tried } from "@/features/trial/tried";
import { mapIn, type BasicMode } from "./configuration";

export interface Exchange extends Tried {
  /** What the app was told then. */
  configuration: JsonObject;
}

export interface Trials {
  of: (pane: string) => readonly ThreadItem<Exchange>[];
  ask: (pane: string, question: Question, configuration: JsonObject) => void;
  /** Asks once more at the place of an exchange; both answers stay. */
  again: (pane: string, exchange: Tried, configuration: JsonObject) => void;
  /** Another text like one of a text generator, below it. */
  alike: (pane: string, exchange: Tried, configuration: JsonObject) => void;
  choose: (pane: string, sibling: Tried) => void;
  /** All answers that are in progress, or that of one pane. */
  stop: (pane?: string) => void;
  clear: (pane?: string) => void;
  /** Some answer is not finished. */
  busy: boolean;
  answering: (pane: string) => boolean;
}

type Panes = ReadonlyMap<string, Talk<Exchange>>;

/** How warm the model is that is asked for another text (spec: models-and-tools §2.9). */
const WARM = 0.9;

/** Conversations with unpublished configurations, one in each pane; one failing leaves the others alone. */
export function useTrials(appId: string, mode: BasicMode): Trials {
  const [panes, setPanes] = useState<Panes>(new Map());
  const listening = useRef(new Set<AbortController>());
  useEffect(() => {
    const running = listening.current;
    return () => running.forEach((controller) => controller.abort());
  }, []);
  const stopped = useRef(new Set<string>());
  const talkOf = (pane: string): Talk<Exchange> => panes.get(pane) ?? NO_TALK;
  const put = (pane: string, update: (talk: Talk<Exchange>) => Talk<Exchange>) => setPanes((now) => new Map(now).set(pane, update(now.get(pane) ?? NO_TALK)));
  const running = (talk: Talk<Exchange> | undefined) => talk?.exchanges.filter(({ turn }) => !turn.ended) ?? [];

  const start = (pane: string, before: Talk<Exchange>, place: Tried, configuration: JsonObject) => {
    const exchange: Exchange = { ...place, configuration };
    const controller = new AbortController();
    listening.current.add(controller);
    const body: JsonObject = { ...requestOf(before, exchange), configuration };
    put(pane, () => withExchange(before, exchange));
    const path = `/apps/${appId}/${mode === "completion" ? "completion-messages" : "chat-messages"}`;
    void runTurn(NEW_TURN, {
      open: (signal) => frames(path, body, signal),
      follow: () => frames(path, body, AbortSignal.abort()),
      onChange: (turn) => {
        // A message that was broken off ends like any other.
        const brokenOff = turn.ended && turn.status === "succeeded" && stopped.current.has(exchange.key);
        put(pane, (talk) => withTurn(talk, exchange.key, brokenOff ? { ...turn, status: "stopped" } : turn));
      },
      signal: controller.signal,
    }).finally(() => listening.current.delete(controller));
  };

  return {
    of: (pane) => (mode === "completion" ? listed(talkOf(pane)) : shownOf(talkOf(pane))),
    ask: (pane, question, configuration) => {
      const talk = mode === "completion" ? NO_TALK : talkOf(pane);
      start(pane, talk, begun(question, nextPlace(talk)), configuration);
    },
    again: (pane, exchange, configuration) => start(pane, mode === "completion" ? NO_TALK : talkOf(pane), begun(exchange, exchange.parentId), configuration),
    alike: (pane, exchange, configuration) => start(pane, talkOf(pane), begun(exchange, null), warmer(configuration)),
    choose: (pane, sibling) => put(pane, (talk) => withChoice(talk, sibling)),
    stop: (pane) => {
      for (const { key, turn } of pane === undefined ? [...panes.values()].flatMap(running) : running(panes.get(pane))) {
        if (turn.taskId === null) continue;
        stopped.current.add(key);
        void api.POST("/apps/{app_id}/workflow-runs/tasks/{task_id}/stop", { params: { path: { app_id: appId, task_id: turn.taskId } } });
      }
    },
    clear: (pane) => setPanes((now) => (pane === undefined ? new Map() : new Map([...now].filter(([key]) => key !== pane)))),
    busy: [...panes.values()].some((talk) => running(talk).length > 0),
    answering: (pane) => running(panes.get(pane)).length > 0,
  };
}

/** Texts stand one below the other. */
function listed(talk: Talk<Exchange>): ThreadItem<Exchange>[] {
  return talk.exchanges.map((exchange) => ({ exchange, siblings: [exchange], position: 0 }));
}

function warmer(configuration: JsonObject): JsonObject {
  const model = mapIn(configuration.model);
  return { ...configuration, model: { ...model, completion_params: { ...mapIn(model.completion_params), temperature: WARM } } };
}

async function* frames(path: string, body: JsonObject, signal: AbortSignal): AsyncGenerator<Frame> {
  const response = await openStream(path, body, signal);
  if (response.body !== null) yield* readFrames(response.body);
}
