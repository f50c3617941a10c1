import { describe, expect, it } from "vitest";
import type { Message } from "@/api/webapp-types";
import { NEW_TURN } from "@/features/generation/turn";
import type { LiveTurn } from "./chat-session";
import { exchangesOf, threadOf } from "./thread";

const ZERO = "00000000-0000-0000-0000-000000000000";
const message = (id: string, parent: string | null, over: Partial<Message> = {}): Message => ({
  id,
  conversation_id: "c",
  parent_message_id: parent,
  inputs: {},
  query: `q-${id}`,
  answer: `a-${id}`,
  status: "normal",
  error: null,
  message_files: [],
  feedback: null,
  retriever_resources: [],
  agent_thoughts: [],
  created_at: 0,
  ...over,
});
const live = (key: string, parentId: string | null, messageId: string | null): LiveTurn => ({
  key,
  conversationId: "c",
  parentId,
  query: `q-${key}`,
  inputs: {},
  files: [],
  questionFiles: [],
  turn: { ...NEW_TURN, messageId },
  stopping: false,
});
const path = (messages: Message[], turns: LiveTurn[] = [], chosen: Record<string, string> = {}) =>
  threadOf(exchangesOf(messages, turns), chosen).map(({ exchange, siblings, position }) => `${exchange.key} ${position + 1}/${siblings.length}`);

describe("threadOf", () => {
  it("follows parents and shows the newest of siblings", () => {
    const messages = [message("a", null), message("b", "a"), message("b2", "a"), message("c", "b2")];
    expect(path(messages)).toEqual(["a 1/1", "b2 2/2", "c 1/1"]);
  });

  it("shows the chosen sibling and what follows it", () => {
    const messages = [message("a", null), message("b", "a"), message("b2", "a"), message("c", "b2")];
    expect(path(messages, [], { a: "b" })).toEqual(["a 1/1", "b 1/2"]);
  });

  it("shows the branch that was talked in last, even from an older sibling", () => {
    const messages = [message("a", null), message("b", "a"), message("b2", "a"), message("c", "b")];
    expect(path(messages)).toEqual(["a 1/1", "b 1/2", "c 1/1"]);
  });

  it("strings messages of the plain API together in order", () => {
    expect(path([message("a", ZERO), message("b", ZERO), message("c", ZERO)])).toEqual(["a 1/1", "b 1/1", "c 1/1"]);
  });

  it("shows a live turn under its parent, and once when it is stored as well", () => {
    expect(path([message("a", null)], [live("live-1", "a", null)])).toEqual(["a 1/1", "live-1 1/1"]);
    expect(path([message("a", null), message("b", "a", { status: "running" })], [live("live-1", "a", "b")])).toEqual(["a 1/1", "live-1 1/1"]);
  });
});
