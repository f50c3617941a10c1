import type { JsonObject } from "@/api/json";
import type { WebAppClient } from "@/api/webapp";
import type { FileMapping, Message } from "@/api/webapp-types";
import { runTurn } from "@/features/generation/run-turn";
import { NEW_TURN, turnOfMessage, type Turn } from "@/features/generation/turn";
import type { QuestionFile } from "./thread";

/** A turn this page started or follows. It stays after its end, for what the log does not hold (its steps). */
export interface LiveTurn {
  key: string;
  /** Null until the server has named the new conversation. */
  conversationId: string | null;
  parentId: string | null;
  query: string;
  inputs: JsonObject;
  files: readonly FileMapping[];
  questionFiles: readonly QuestionFile[];
  turn: Turn;
  stopping: boolean;
}

export interface Question {
  conversationId: string | null;
  parentId: string | null;
  query: string;
  inputs: JsonObject;
  files: readonly FileMapping[];
  questionFiles: readonly QuestionFile[];
}

type EndListener = (live: LiveTurn) => void;

/** All live turns of one app on this page. They go on while another conversation is shown. */
export class ChatSession {
  private turns: readonly LiveTurn[] = [];
  private readonly controllers = new Map<string, AbortController>();
  private readonly listeners = new Set<() => void>();
  private frame: number | null = null;
  private counter = 0;
  private readonly endListeners = new Set<EndListener>();

  constructor(private readonly client: WebAppClient) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Hears once of each turn whose stream is over. */
  onEnd(listener: EndListener): () => void {
    this.endListeners.add(listener);
    return () => this.endListeners.delete(listener);
  }

  readonly snapshot = (): readonly LiveTurn[] => this.turns;

  /** Asks a question and gives the key of its live turn. */
  send(question: Question): string {
    const { conversationId, parentId, query, inputs, files } = question;
    const key = `live-${++this.counter}`;
    const request = {
      query,
      inputs,
      files: [...files],
      conversation_id: conversationId ?? "",
      parent_message_id: parentId,
    };
    this.start({ ...question, key, turn: { ...NEW_TURN, conversationId }, stopping: false }, (signal) =>
      this.client.generate("chat", request, signal),
    );
    return key;
  }

  /** Goes on with an answer that was in progress when the page was loaded. */
  follow(message: Message): void {
    if (this.turns.some((live) => live.turn.messageId === message.id)) return;
    this.start({
      key: `live-${++this.counter}`,
      conversationId: message.conversation_id,
      parentId: message.parent_message_id,
      query: message.query,
      inputs: message.inputs,
      files: [],
      questionFiles: message.message_files.filter((file) => file.belongs_to === "user"),
      turn: turnOfMessage(message),
      stopping: false,
    });
  }

  /** Stops an answer; what is there of it stays. */
  stop(key: string): void {
    const live = this.turns.find((turn) => turn.key === key);
    if (live === undefined || live.turn.ended) return;
    this.change(key, (turn) => ({ ...turn, stopping: true }));
    const { taskId } = live.turn;
    const abort = () => this.controllers.get(key)?.abort();
    if (taskId === null) abort();
    else this.client.stop("chat", taskId).catch(abort);
  }

  /** Forgets the turns of a conversation that is gone, or a failed attempt that is tried again. */
  forget(matches: (live: LiveTurn) => boolean): void {
    for (const live of this.turns.filter(matches)) this.controllers.get(live.key)?.abort();
    this.turns = this.turns.filter((live) => !matches(live));
    this.notify();
  }

  private start(live: LiveTurn, open?: (signal: AbortSignal) => ReturnType<WebAppClient["generate"]>): void {
    const controller = new AbortController();
    this.controllers.set(live.key, controller);
    this.turns = [...this.turns, live];
    this.notify();
    void runTurn(live.turn, {
      ...(open && { open }),
      follow: (taskId, after, signal) => this.client.follow(taskId, after, signal),
      onChange: (turn) => this.update(live.key, turn),
      signal: controller.signal,
    }).then(() => {
      this.controllers.delete(live.key);
      this.notify();
      const ended = this.turns.find((turn) => turn.key === live.key);
      if (ended === undefined) return;
      for (const listener of this.endListeners) listener(ended);
    });
  }

  private update(key: string, turn: Turn): void {
    this.change(key, (live) => ({
      ...live,
      turn: live.stopping && turn.ended && turn.status === "succeeded" ? { ...turn, status: "stopped" } : turn,
      conversationId: turn.conversationId ?? live.conversationId,
    }));
  }

  /** Tokens arrive faster than screens refresh: listeners hear of changes once per frame. */
  private change(key: string, next: (live: LiveTurn) => LiveTurn): void {
    this.turns = this.turns.map((live) => (live.key === key ? next(live) : live));
    this.frame ??= requestAnimationFrame(() => this.notify());
  }

  private notify(): void {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.frame = null;
    for (const listener of this.listeners) listener();
  }
}
