import { describe, expect, it } from "vitest";
import { NEW_TURN } from "@/features/generation/turn";
import { NO_TALK } from "./no-talk";
import { begun, nextPlace, requestOf, shownOf, withChoice, withExchange, withTurn, type Talk } from "./tried";

const QUESTION = { query: "Where?", inputs: { town: "Genoa" }, files: [], questionFiles: [] };

function answered(talk: Talk, parentId: string | null, messageId: string): Talk {
  const exchange = begun(QUESTION, parentId);
  const turn = { ...NEW_TURN, ended: true, status: "succeeded" as const, messageId, conversationId: "c" };
  return withTurn(withExchange(talk, exchange), exchange.key, turn);
}

const shown = (talk: Talk) => shownOf(talk).map(({ exchange, siblings }) => `${exchange.messageId} of ${siblings.length}`);

describe("a talk with a draft", () => {
  it("goes on after the last answer", () => {
    const talk = answered(answered(NO_TALK, null, "a"), "a", "b");
    expect(shown(talk)).toEqual(["a of 1", "b of 1"]);
    expect(nextPlace(talk)).toBe("b");
    expect(requestOf(talk, begun(QUESTION, "b"))).toEqual({ query: "Where?", inputs: { town: "Genoa" }, files: [], conversation_id: "c", parent_message_id: "b" });
  });

  it("shows a new answer beside the old one, and the old one again", () => {
    const talk = answered(answered(NO_TALK, null, "a"), null, "a2");
    expect(shown(talk)).toEqual(["a2 of 2"]);
    const old = talk.exchanges[0];
    if (old === undefined) throw new Error("there is an exchange");
    expect(shown(withChoice(talk, old))).toEqual(["a of 2"]);
    expect(requestOf(talk, begun(QUESTION, null))).not.toHaveProperty("parent_message_id");
  });

  it("forgets a question that was refused", () => {
    const exchange = begun(QUESTION, null);
    const refused = withTurn(withExchange(NO_TALK as Talk, exchange), exchange.key, { ...NEW_TURN, ended: true, status: "failed" });
    expect(shown(answered(refused, null, "a"))).toEqual(["a of 1"]);
  });
});
