import { isJsonObject, parseJson, type JsonObject } from "@/api/json";
import type { WebAppClient } from "@/api/webapp";
import type { GenerationRequest } from "@/api/webapp-types";
import { runTurn, type TurnSource } from "@/features/generation/run-turn";
import { NEW_TURN, type Turn } from "@/features/generation/turn";

export interface GenerationState {
  turn: Turn | null;
  stopping: boolean;
}

interface Note {
  taskId: string;
  inputs: JsonObject;
}

/** One generation at a time. Its task is noted for this tab, so that a reload goes on with it. */
export class GenerationSession {
  private state: GenerationState = { turn: null, stopping: false };
  private controller: AbortController | null = null;
  private frame: number | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly storageKey: string;
  private readonly note: Note | null;

  constructor(
    private readonly client: WebAppClient,
    private readonly kind: "completion" | "workflow",
  ) {
    this.storageKey = `treadle.task.${client.code}`;
    this.note = readNote(sessionStorage.getItem(this.storageKey));
  }

  /** The inputs of a run that was in progress when the page was loaded. */
  get resumedInputs(): JsonObject | null {
    return this.note?.inputs ?? null;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): GenerationState => this.state;

  /** Goes on with the noted task, once. Gives the function that lets go of it when the page is left. */
  resume(): () => void {
    if (this.note !== null && this.state.turn === null) {
      this.start({ ...NEW_TURN, taskId: this.note.taskId }, this.note.inputs);
    }
    return () => this.drop();
  }

  run(request: GenerationRequest): void {
    this.start(NEW_TURN, request.inputs, (signal) => this.client.generate(this.kind, request, signal));
  }

  stop(): void {
    const { turn } = this.state;
    if (turn === null || turn.ended) return;
    this.set({ turn, stopping: true });
    const abort = () => this.controller?.abort();
    if (turn.taskId === null) abort();
    else this.client.stop(this.kind, turn.taskId).catch(abort);
  }

  private drop(): void {
    this.controller?.abort();
    this.controller = null;
    this.state = { turn: null, stopping: false };
  }

  private start(from: Turn, inputs: JsonObject, open?: TurnSource["open"]): void {
    this.controller?.abort();
    const own = new AbortController();
    this.controller = own;
    this.set({ turn: from, stopping: false });
    let noted = from.taskId;
    void runTurn(from, {
      ...(open && { open }),
      follow: (taskId, after, signal) => this.client.follow(taskId, after, signal),
      signal: own.signal,
      onChange: (turn) => {
        if (this.controller !== own) return;
        if (turn.taskId !== noted && turn.taskId !== null) {
          noted = turn.taskId;
          sessionStorage.setItem(this.storageKey, JSON.stringify({ taskId: noted, inputs } satisfies Note));
        }
        this.set({ ...this.state, turn: this.state.stopping ? stopped(turn) : turn });
      },
    }).then(() => {
      if (this.controller === own) sessionStorage.removeItem(this.storageKey);
    });
  }

  /** Tokens arrive faster than screens refresh: listeners hear of changes once per frame. */
  private set(state: GenerationState): void {
    this.state = state;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      for (const listener of this.listeners) listener();
    });
  }
}

/** A text generator's stream ends with a plain `message_end` when it was stopped. */
function stopped(turn: Turn): Turn {
  return turn.status === "succeeded" ? { ...turn, status: "stopped" } : turn;
}

function readNote(text: string | null): Note | null {
  const value = text === null ? undefined : parseJson(text);
  if (!isJsonObject(value) || typeof value.taskId !== "string") return null;
  return { taskId: value.taskId, inputs: isJsonObject(value.inputs) ? value.inputs : {} };
}
