import type { MessageFile } from "@/api/events";
import type { Message, Rating } from "@/api/webapp-types";
import { turnOfMessage, type Turn } from "@/features/generation/turn";
import type { LiveTurn } from "./chat-session";

/** Where an exchange stands among others. */
export interface Place {
  /** Stable while a live turn becomes a stored message. */
  key: string;
  messageId: string | null;
  parentId: string | null;
}

/** A question and its answer, from the log or live. */
export interface Exchange extends Place {
  query: string;
  questionFiles: readonly QuestionFile[];
  turn: Turn;
  rating: Rating | null;
  live: LiveTurn | null;
}

export type QuestionFile = Pick<MessageFile, "type" | "url" | "filename" | "size">;

/** An exchange on the path that is shown, with its siblings: other answers at the same place. */
export interface ThreadItem<Found extends Place = Exchange> {
  exchange: Found;
  siblings: readonly Found[];
  position: number;
}

/** Messages of the plain API carry this parent: the message before them. */
const NO_PARENT = "00000000-0000-0000-0000-000000000000";

/** Stored messages (oldest first) and live turns of one conversation, each message once. */
export function exchangesOf(messages: readonly Message[], live: readonly LiveTurn[]): Exchange[] {
  const byMessage = new Map(live.map((turn) => [turn.turn.messageId ?? turn.key, turn]));
  const stored = messages.map((message, at): Exchange => {
    const turn = byMessage.get(message.id) ?? null;
    const parent = message.parent_message_id;
    const known = parent !== null && messages.some((other) => other.id === parent);
    return {
      key: turn?.key ?? message.id,
      messageId: message.id,
      parentId: known ? parent : parent === NO_PARENT ? (messages[at - 1]?.id ?? null) : null,
      query: message.query,
      questionFiles: message.message_files.filter((file) => file.belongs_to === "user"),
      turn: turn === null ? turnOfMessage(message) : settled(turn.turn, message),
      rating: message.feedback?.rating ?? null,
      live: turn,
    };
  });
  const storedIds = new Set(messages.map((message) => message.id));
  const fresh = live
    .filter((turn) => turn.turn.messageId === null || !storedIds.has(turn.turn.messageId))
    .map(
      (turn): Exchange => ({
        key: turn.key,
        messageId: turn.turn.messageId,
        parentId: turn.parentId,
        query: turn.query,
        questionFiles: turn.questionFiles,
        turn: turn.turn,
        rating: null,
        live: turn,
      }),
    );
  return [...stored, ...fresh];
}

/** Once a stored message is final it is the truth; only what the log does not hold is kept from the stream. */
function settled(turn: Turn, message: Message): Turn {
  if (!turn.ended || message.status === "running") return turn;
  if (turn.status !== "lost") return turn;
  return { ...turnOfMessage(message), steps: turn.steps };
}

/**
 * The shown path from the first exchange to a leaf. `chosen` names the sibling per parent; without, the branch that was
 * talked in last is shown, and beside it the newest sibling.
 */
export function threadOf<Found extends Place>(exchanges: readonly Found[], chosen: Readonly<Record<string, string>>): ThreadItem<Found>[] {
  const children = new Map<string, Found[]>();
  for (const exchange of exchanges) {
    const parent = exchange.parentId ?? "";
    children.set(parent, [...(children.get(parent) ?? []), exchange]);
  }
  const lastTalkedIn = branchOfNewest(exchanges);
  const items: ThreadItem<Found>[] = [];
  let parent = "";
  for (;;) {
    const siblings: readonly Found[] = children.get(parent) ?? [];
    const wanted = siblings.findIndex((exchange) => exchange.key === chosen[parent]);
    const last = siblings.findIndex((exchange) => lastTalkedIn.has(exchange.key));
    const position: number = [wanted, last].find((at) => at >= 0) ?? siblings.length - 1;
    const exchange = siblings[position];
    if (exchange === undefined) return items;
    items.push({ exchange, siblings, position });
    if (exchange.messageId === null || exchange.messageId === parent) return items;
    parent = exchange.messageId;
  }
}

/** The keys of the newest exchange and of those it follows. */
function branchOfNewest(exchanges: readonly Place[]): ReadonlySet<string> {
  const byMessage = new Map(exchanges.map((exchange) => [exchange.messageId, exchange]));
  const keys = new Set<string>();
  let at = exchanges.at(-1);
  while (at !== undefined && !keys.has(at.key)) {
    keys.add(at.key);
    at = at.parentId === null ? undefined : byMessage.get(at.parentId);
  }
  return keys;
}
