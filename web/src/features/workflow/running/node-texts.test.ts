import { expect, test, vi } from "vitest";
import { nodeTexts } from "./node-texts";
import { createRunningStore } from "./running";

function frame(event: string, data: object): string {
  return JSON.stringify({ event, data });
}

test("many pieces make one change of the store, and a node that has ended says nothing", () => {
  vi.useFakeTimers();
  const running = createRunningStore();
  const changes = vi.fn();
  running.subscribe(changes);
  const texts = nodeTexts(running);
  for (const text of ["Once ", "upon ", "a time"]) expect(texts.hear(frame("node_text", { node_id: "llm", text }))).toBe(true);
  expect(changes).not.toHaveBeenCalled();
  vi.advanceTimersByTime(200);
  expect(changes).toHaveBeenCalledTimes(1);
  expect(running.getState().texts.get("llm")).toBe("Once upon a time");
  expect(texts.hear(frame("node_finished", { node_id: "llm" }))).toBe(false);
  vi.advanceTimersByTime(200);
  expect(running.getState().texts.size).toBe(0);
  texts.hear(frame("node_text", { node_id: "llm", text: "x".repeat(1000) }));
  vi.advanceTimersByTime(200);
  expect(running.getState().texts.get("llm")).toHaveLength(400);
  texts.end();
  expect(running.getState().texts.size).toBe(0);
  vi.useRealTimers();
});
