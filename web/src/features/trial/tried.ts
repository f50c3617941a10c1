import type { JsonObject } from "@/api/json";
import { threadOf, type Place, type QuestionFile, type ThreadItem } from "@/features/chat/thread";
import { NEW_TURN, type Turn } from "@/features/generation/turn";

/** What a draft is asked. */
export interface Question {
  query: string;
  inputs: JsonObject;
  files: readonly JsonObject[];
  questionFiles: readonly QuestionFile[];
}

/** A question to a draft and its answer. */
export interface Tried extends Place, Question {
  turn: Turn;
}

/** A conversation with a draft: all that was asked, and which of several answers are shown. */
export interface Talk<Found extends Tried = Tried> {
  exchanges: readonly Found[];
  chosen: Readonly<Record<string, string>>;
}

/** The exchanges that are shown. */
export function shownOf<Found extends Tried>(talk: Talk<Found>): ThreadItem<Found>[] {
  return threadOf(talk.exchanges, talk.chosen);
}

/** Where the next question goes: after the last answer that is shown. */
export function nextPlace(talk: Talk): string | null {
  return shownOf(talk).findLast(({ exchange }) => exchange.messageId !== null)?.exchange.messageId ?? null;
}

/** A question that was not answered yet, below `parentId`. */
export function begun(question: Question, parentId: string | null): Tried {
  return { ...question, key: crypto.randomUUID(), messageId: null, parentId, turn: NEW_TURN };
}

/** The talk with one exchange more. Those that came to nothing go. */
export function withExchange<Found extends Tried>({ exchanges, chosen }: Talk<Found>, exchange: Found): Talk<Found> {
  const kept = exchanges.filter((each) => each.messageId !== null || !each.turn.ended);
  return { exchanges: [...kept, exchange], chosen: { ...chosen, [exchange.parentId ?? ""]: exchange.key } };
}

export function withChoice<Found extends Tried>(talk: Talk<Found>, sibling: Place): Talk<Found> {
  return { ...talk, chosen: { ...talk.chosen, [sibling.parentId ?? ""]: sibling.key } };
}

export function withTurn<Found extends Tried>(talk: Talk<Found>, key: string, turn: Turn): Talk<Found> {
  return { ...talk, exchanges: talk.exchanges.map((each) => (each.key === key ? { ...each, turn, messageId: turn.messageId } : each)) };
}

/** What the server is sent of a question within a talk. */
export function requestOf(talk: Talk, { query, inputs, files, parentId }: Tried): JsonObject {
  const conversationId = talk.exchanges.findLast((each) => each.turn.conversationId !== null)?.turn.conversationId ?? null;
  return {
    query,
    inputs,
    files: [...files],
    ...(conversationId === null ? {} : { conversation_id: conversationId }),
    ...(parentId === null ? {} : { parent_message_id: parentId }),
  };
}
