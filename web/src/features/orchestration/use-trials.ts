import { useEffect, useRef, useState } from "react";
import { api, openStream } from "@/api/client";
import type { JsonObject } from "@/api/json";
import { readFrames, type Frame } from "@/api/sse";
import { runTurn } from "@/features/generation/run-turn";
import { NEW_TURN, type Turn } from "@/features/generation/turn";
import type { BasicMode } from "./configuration";

export interface Question {
  query: string;
  inputs: JsonObject;
  files: readonly JsonObject[];
}

export interface Exchange {
  key: string;
  query: string;
  turn: Turn;
  /** What the app was told then. */
  configuration: JsonObject;
}

export interface Trials {
  of: (pane: string) => readonly Exchange[];
  ask: (pane: string, question: Question, configuration: JsonObject) => void;
  stop: () => void;
  clear: (pane?: string) => void;
  /** Some answer is not finished. */
  busy: boolean;
}

const NONE: readonly Exchange[] = [];

/** Conversations with unpublished configurations, one in each pane; one failing leaves the others alone. */
export function useTrials(appId: string, mode: BasicMode): Trials {
  const [panes, setPanes] = useState<ReadonlyMap<string, readonly Exchange[]>>(new Map());
  const listening = useRef(new Set<AbortController>());
  useEffect(() => {
    const running = listening.current;
    return () => running.forEach((controller) => controller.abort());
  }, []);
  const put = (pane: string, update: (exchanges: readonly Exchange[]) => readonly Exchange[]) =>
    setPanes((now) => new Map(now).set(pane, update(now.get(pane) ?? NONE)));
  const lasts = [...panes.values()].flatMap((exchanges) => exchanges.at(-1) ?? []);

  const ask = (pane: string, question: Question, configuration: JsonObject) => {
    const key = crypto.randomUUID();
    const controller = new AbortController();
    listening.current.add(controller);
    const before = (panes.get(pane) ?? NONE).at(-1)?.turn;
    const body: JsonObject = { ...question, files: [...question.files], configuration, ...(mode === "completion" ? {} : thread(before)) };
    put(pane, (exchanges) => [...(mode === "completion" ? NONE : exchanges), { key, query: question.query, turn: NEW_TURN, configuration }]);
    const path = `/apps/${appId}/${mode === "completion" ? "completion-messages" : "chat-messages"}`;
    void runTurn(NEW_TURN, {
      open: (signal) => frames(path, body, signal),
      follow: () => frames(path, body, AbortSignal.abort()),
      onChange: (turn) => put(pane, (exchanges) => exchanges.map((each) => (each.key === key ? { ...each, turn } : each))),
      signal: controller.signal,
    }).finally(() => listening.current.delete(controller));
  };
  const stop = () => {
    for (const { turn } of lasts) {
      if (turn.ended || turn.taskId === null) continue;
      void api.POST("/apps/{app_id}/workflow-runs/tasks/{task_id}/stop", { params: { path: { app_id: appId, task_id: turn.taskId } } });
    }
  };
  return {
    of: (pane) => panes.get(pane) ?? NONE,
    ask,
    stop,
    clear: (pane) => setPanes((now) => (pane === undefined ? new Map() : new Map([...now].filter(([key]) => key !== pane)))),
    busy: lasts.some((exchange) => !exchange.turn.ended),
  };
}

/** Where the conversation goes on. */
function thread(before: Turn | undefined): JsonObject {
  return {
    ...(before?.conversationId == null ? {} : { conversation_id: before.conversationId }),
    ...(before?.messageId == null ? {} : { parent_message_id: before.messageId }),
  };
}

async function* frames(path: string, body: JsonObject, signal: AbortSignal): AsyncGenerator<Frame> {
  const response = await openStream(path, body, signal);
  if (response.body !== null) yield* readFrames(response.body);
}
