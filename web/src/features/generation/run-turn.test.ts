import { describe, expect, it, vi } from "vitest";
import { ApiError } from "@/api/http";
import type { Frame } from "@/api/sse";
import { runTurn, type TurnSource } from "./run-turn";
import { answerText, NEW_TURN, type Turn } from "./turn";

const say = (answer: string, id: string | null = null): Frame => ({
  id,
  event: "message",
  data: JSON.stringify({ event: "message", answer, task_id: "t", message_id: "m" }),
});
const END: Frame = { id: null, event: "message", data: '{"event":"message_end"}' };

async function* stream(...items: (Frame | Error)[]): AsyncGenerator<Frame> {
  for (const item of items) {
    await Promise.resolve();
    if (item instanceof Error) throw item;
    yield item;
  }
}

function run(over: Partial<TurnSource>, start: Turn = NEW_TURN) {
  const seen: string[] = [];
  const done = runTurn(start, {
    follow: () => stream(new ApiError(404, "not_found", "")),
    onChange: (turn) => seen.push(answerText(turn)),
    signal: new AbortController().signal,
    pause: () => Promise.resolve(),
    ...over,
  });
  return { seen, done };
}

describe("runTurn", () => {
  it("gives each state and the last one", async () => {
    const { seen, done } = run({ open: () => stream(say("a"), say("b"), END) });
    expect(await done).toMatchObject({ status: "succeeded", ended: true });
    expect(seen).toEqual(["a", "ab", "ab"]);
  });

  it("goes on after a broken connection without sending the question again, and the text never shrinks", async () => {
    const open = vi.fn(() => stream(say("one "), say("two "), new TypeError("network")));
    const { seen, done } = run({ open, follow: () => stream(say("one ", "1"), say("two ", "2"), say("three", "3"), END) });
    expect(answerText(await done)).toBe("one two three");
    expect(open).toHaveBeenCalledTimes(1);
    expect(seen).toEqual(["one ", "one two ", "one two ", "one two three", "one two three"]);
  });

  it("asks only for what is missing once frames carry ids", async () => {
    const asked: string[] = [];
    const follow = (_task: string, after: string) => {
      asked.push(after);
      return asked.length === 1 ? stream(say("one ", "1"), new TypeError("network")) : stream(say("two", "2"), END);
    };
    const { done } = run({ follow }, { ...NEW_TURN, taskId: "t" });
    expect(answerText(await done)).toBe("one two");
    expect(asked).toEqual(["0", "1"]);
  });

  it("waits for a form however often the connection breaks, and goes on with what is told then", async () => {
    const frame = (event: object): Frame => ({ id: "7", event: "message", data: JSON.stringify({ task_id: "t", ...event }) });
    const form = { form_id: "f", form_token: "k", node_id: "ask", node_title: "Ask" };
    const required = frame({ event: "human_input_required", data: form });
    const pause = frame({ event: "workflow_paused" });
    const asked: string[] = [];
    const states: [boolean, number][] = [];
    const follow = (_task: string, after: string) => {
      asked.push(after);
      if (asked.length < 12) return stream(required, pause, new TypeError("network"));
      const filled = frame({ event: "human_input_form_filled", data: { node_id: "ask" } });
      return stream(frame({ event: "workflow_started", data: {} }), filled, say("before after"), END);
    };
    const { done } = run({
      open: () => stream(say("before "), required, pause),
      follow,
      onChange: (turn) => states.push([turn.paused, turn.forms.length]),
    });
    const turn = await done;
    expect(answerText(turn)).toBe("before after");
    expect(turn).toMatchObject({ status: "succeeded", ended: true, paused: false, forms: [] });
    expect(new Set(asked)).toEqual(new Set(["0"]));
    expect(states).toContainEqual([true, 1]);
  });

  it("fails with the server's reason when the request is refused", async () => {
    const { done } = run({ open: () => stream(new ApiError(429, "too_many_requests", "slow down")) });
    expect(await done).toMatchObject({ status: "failed", ended: true, error: { code: "too_many_requests", message: "slow down" } });
  });

  it("is lost, not failed, when the task behind a broken stream is over", async () => {
    const { done } = run({ open: () => stream(say("half"), new TypeError("network")) });
    const turn = await done;
    expect(turn.status).toBe("lost");
    expect(answerText(turn)).toBe("half");
  });

  it("is stopped by an abort and keeps what came before", async () => {
    const controller = new AbortController();
    const open = () => stream(say("half"), new DOMException("Aborted", "AbortError"));
    const { done } = run({ open, signal: controller.signal, onChange: () => controller.abort() });
    const turn = await done;
    expect(turn).toMatchObject({ status: "stopped", ended: true });
    expect(answerText(turn)).toBe("half");
  });
});
