import { parseEvent } from "@/api/events";
import { isApiError } from "@/api/http";
import type { Frame } from "@/api/sse";
import { answerText, failTurn, reduceTurn, type Turn } from "./turn";

type Frames = AsyncIterable<Frame>;

export interface TurnSource {
  /** Starts the generation. Absent when an already running task is only followed. */
  open?: (signal: AbortSignal) => Frames;
  /** The frames of a task after frame `after`; 404 when the task is over. */
  follow: (taskId: string, after: string, signal: AbortSignal) => Frames;
  onChange: (turn: Turn) => void;
  signal: AbortSignal;
  /** Waits before the next attempt to reconnect. */
  pause?: (attempt: number) => Promise<void>;
}

const MAX_ATTEMPTS = 8;
const PATIENT_ATTEMPTS = 4;

/**
 * Runs one turn to its end and gives its last state. A connection that breaks is taken up again with `follow`, so the
 * request is never sent twice. Ends as `failed` when the request itself is refused, `lost` when a broken stream's task
 * is gone (its result is then in the log), `stopped` when aborted.
 */
export async function runTurn(start: Turn, source: TurnSource): Promise<Turn> {
  const progress = new Progress(start, source.onChange);
  if (source.open) {
    try {
      await progress.consume(source.open(source.signal));
    } catch (error) {
      if (source.signal.aborted) return progress.set({ ...progress.turn, ended: true, status: "stopped" });
      if (progress.turn.taskId === null || isRefusal(error)) return progress.set(failTurn(progress.turn, error));
    }
  }
  for (let attempt = 0; !progress.turn.ended; attempt++) {
    const { taskId } = progress.turn;
    if (taskId === null || attempt === MAX_ATTEMPTS) return progress.set({ ...progress.turn, ended: true, status: "lost" });
    // It waits for a person, however often the connection breaks meanwhile.
    if (progress.turn.paused) attempt = Math.min(attempt, PATIENT_ATTEMPTS);
    if (attempt > 0) await (source.pause ?? backOff)(attempt);
    try {
      await progress.resume((after) => source.follow(taskId, after, source.signal));
    } catch (error) {
      if (source.signal.aborted) return progress.set({ ...progress.turn, ended: true, status: "stopped" });
      if (isApiError(error, 404)) return progress.set({ ...progress.turn, ended: true, status: "lost" });
    }
  }
  return progress.turn;
}

/** The turn so far and the id of the last frame behind it. */
class Progress {
  private lastId: string | null = null;

  constructor(
    public turn: Turn,
    private readonly onChange: (turn: Turn) => void,
  ) {}

  set(turn: Turn): Turn {
    this.turn = turn;
    this.onChange(turn);
    return turn;
  }

  async consume(frames: Frames): Promise<void> {
    for await (const frame of frames) {
      if (frame.id !== null) this.lastId = frame.id;
      const event = parseEvent(frame.data);
      if (event === null) continue;
      this.set(reduceTurn(this.turn, event));
      if (this.turn.paused) this.lastId = null; // what goes on later counts anew
    }
  }

  /**
   * Goes on after the last frame seen. When frames carried no ids the stream is replayed from its start beside the
   * turn on screen, which is replaced once the replay has caught up, so that text never shrinks and grows again.
   */
  async resume(open: (after: string) => Frames): Promise<void> {
    if (this.lastId !== null) return this.consume(open(this.lastId));
    const shown = answerText(this.turn).length;
    // What ran before a pause is not told again.
    const steps = this.turn.paused ? this.turn.steps : [];
    let replay: Turn = { ...this.turn, segments: [], steps, files: [], citations: [] };
    let caughtUp = false;
    for await (const frame of open("0")) {
      const event = parseEvent(frame.data);
      if (event === null) continue;
      replay = reduceTurn(caughtUp ? this.turn : replay, event);
      caughtUp ||= replay.ended || answerText(replay).length >= shown;
      if (!caughtUp) continue;
      this.lastId = frame.id;
      this.set(replay);
    }
  }
}

function isRefusal(error: unknown): boolean {
  return isApiError(error) && error.status > 0;
}

function backOff(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(500 * 2 ** (attempt - 1), 8000)));
}
