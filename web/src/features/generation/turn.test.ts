import { describe, expect, it } from "vitest";
import type { NodeEvent, StreamEvent } from "@/api/events";
import type { Message } from "@/api/webapp-types";
import { answerText, NEW_TURN, reduceTurn, turnOfMessage, type Turn } from "./turn";

const play = (...events: StreamEvent[]): Turn => events.reduce(reduceTurn, NEW_TURN);
const node = (id: string, over: Partial<NodeEvent> = {}): NodeEvent => ({ id, node_id: `n-${id}`, node_type: "llm", title: id, ...over });
const finished = (status: "succeeded" | "failed" | "stopped" | "partial-succeeded", error: string | null = null): StreamEvent => ({
  event: "workflow_finished",
  data: { id: "r", status, outputs: { text: "Rain." }, error, elapsed_time: 2.5, total_tokens: 15 },
});

describe("reduceTurn", () => {
  it("joins deltas and ends with the message", () => {
    const turn = play(
      { event: "message", answer: "Li", task_id: "t", message_id: "m", conversation_id: "c" },
      { event: "message", answer: "ght" },
      { event: "message_end", metadata: { retriever_resources: [] } },
    );
    expect(turn).toEqual({
      ...NEW_TURN,
      status: "succeeded",
      ended: true,
      taskId: "t",
      messageId: "m",
      conversationId: "c",
      segments: [{ kind: "text", text: "Light" }],
    });
  });

  it("replaces everything shown when moderation says so", () => {
    expect(answerText(play({ event: "message", answer: "bad" }, { event: "message_replace", answer: "No." }))).toBe("No.");
  });

  it("accepts message_end before and after workflow_finished", () => {
    const end: StreamEvent = { event: "message_end" };
    expect(play(finished("partial-succeeded"), end).status).toBe("partial-succeeded");
    expect(play(end, finished("partial-succeeded")).status).toBe("partial-succeeded");
  });

  it("keeps what was streamed when the run fails, and names the reason", () => {
    const turn = play(
      { event: "message", answer: "I was" },
      finished("failed", "boom"),
      { event: "error", code: "invalid_param", status: 400, message: "Run failed: boom" },
    );
    expect(answerText(turn)).toBe("I was");
    expect(turn).toMatchObject({ status: "failed", ended: true, error: { code: "invalid_param", message: "Run failed: boom" } });
  });

  it("puts an agent's calls between what it said before and after", () => {
    const thought = { id: "t1", position: 1, thought: "", tool: "", tool_input: "", observation: "" };
    const turn = play(
      { event: "agent_thought", ...thought },
      { event: "agent_message", answer: "Let me look." },
      { event: "agent_thought", ...thought, tool: "tides" },
      { event: "agent_thought", ...thought, tool: "tides", observation: "{}" },
      { event: "agent_message", answer: "14:10." },
    );
    expect(turn.segments).toEqual([
      { kind: "text", text: "Let me look." },
      { kind: "tools", thought: { event: "agent_thought", ...thought, tool: "tides", observation: "{}" } },
      { kind: "text", text: "14:10." },
    ]);
  });

  it("pairs a node's end with its start by execution id, and by node id under retries", () => {
    const turn = play(
      { event: "node_started", data: node("a") },
      { event: "node_started", data: node("b") },
      { event: "node_retry", data: node("b2", { node_id: "n-b", retry_index: 1 }) },
      { event: "node_finished", data: node("b2", { node_id: "n-b", status: "succeeded", elapsed_time: 1 }) },
      { event: "node_finished", data: node("a", { status: "exception", error: "no route" }) },
    );
    expect(turn.steps.map(({ id, status, retries, error }) => ({ id, status, retries, error }))).toEqual([
      { id: "a", status: "exception", retries: 0, error: "no route" },
      { id: "b", status: "succeeded", retries: 1, error: null },
    ]);
  });

  it("nests an iteration's nodes with their round", () => {
    const box = { id: "it", node_id: "it", title: "Each" };
    const turn = play(
      { event: "iteration_started", data: { ...box, metadata: { iterator_length: 2 } } },
      { event: "iteration_next", data: { ...box, index: 0 } },
      { event: "node_started", data: node("a", { iteration_id: "it" }) },
      { event: "node_finished", data: node("a", { iteration_id: "it", status: "succeeded" }) },
      { event: "iteration_next", data: { ...box, index: 1 } },
      { event: "node_started", data: node("b", { node_id: "n-a", iteration_id: "it" }) },
      { event: "iteration_completed", data: { ...box, status: "succeeded", elapsed_time: 3 } },
    );
    expect(turn.steps.map(({ id, parent, round, status }) => ({ id, parent, round, status }))).toEqual([
      { id: "it", parent: null, round: null, status: "succeeded" },
      { id: "a", parent: "it", round: 0, status: "succeeded" },
      { id: "b", parent: "it", round: 1, status: "running" },
    ]);
    expect(turn.steps[0]?.container).toEqual({ current: 1, total: 2 });
  });

  it("ends the nodes that were running when the run was stopped", () => {
    const turn = play({ event: "node_started", data: node("a") }, finished("stopped"));
    expect(turn.status).toBe("stopped");
    expect(turn.steps[0]?.status).toBe("stopped");
  });
});

describe("turnOfMessage", () => {
  const message: Message = {
    id: "m",
    conversation_id: "c",
    parent_message_id: null,
    inputs: {},
    query: "?",
    answer: "Let me look.14:10.",
    status: "normal",
    error: null,
    message_files: [],
    feedback: null,
    retriever_resources: [],
    agent_thoughts: [],
    created_at: 0,
  };

  it("restores the order of an agent's words and calls", () => {
    const thoughts = [
      { id: "2", position: 2, thought: "14:10.", tool: "", tool_input: "", observation: "" },
      { id: "1", position: 1, thought: "Let me look.", tool: "tides", tool_input: "{}", observation: "{}" },
    ];
    expect(turnOfMessage({ ...message, agent_thoughts: thoughts }).segments.map((segment) => segment.kind)).toEqual(["text", "tools", "text"]);
  });

  it("is not over while the answer is in progress", () => {
    expect(turnOfMessage({ ...message, status: "running", task_id: "t" })).toMatchObject({ ended: false, taskId: "t", status: "running" });
  });
});
