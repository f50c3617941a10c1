import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { isApiError } from "@/api/http";
import type { JsonObject } from "@/api/json";
import type { FileMapping, FileType, Message } from "@/api/webapp-types";
import { useWebApp } from "@/features/webapp/webapp-context";
import { ChatSession, type LiveTurn, type Question } from "./chat-session";
import { exchangesOf, threadOf, type Exchange, type ThreadItem } from "./thread";
import { conversationKeys } from "./use-conversations";

export interface Chat {
  thread: readonly ThreadItem[];
  loading: boolean;
  /** The conversation could not be read. */
  error: unknown;
  /** The turn of this conversation whose answer is in progress. */
  active: LiveTurn | null;
  /** Conversations with an answer in progress, for the list. */
  running: ReadonlySet<string>;
  loadOlder: (() => void) | null;
  ask: (query: string, inputs: JsonObject, files: readonly FileMapping[], shown: Question["questionFiles"]) => void;
  /** Asks again at the place of an exchange; both stay as siblings. */
  askAgain: (exchange: Exchange, query: string, inputs: JsonObject) => void;
  choose: (sibling: Exchange) => void;
  stop: () => void;
  forgetConversation: (id: string) => void;
  reload: () => void;
}

/**
 * One conversation: its stored messages, its live turns, and what can be done. `conversationId` null is a new one, one
 * per `visit`; `onNamed` is told the id that the server gave it.
 */
export function useChat(conversationId: string | null, visit: number, onNamed: (id: string) => void): Chat {
  const { code, client } = useWebApp();
  const queries = useQueryClient();
  const session = useMemo(() => new ChatSession(client), [client]);
  const turns = useSyncExternalStore(session.subscribe, session.snapshot);
  const [draft, setDraft] = useState<{ key: string; visit: number } | null>(null);
  const draftKey = draft?.visit === visit ? draft.key : null;
  const [chosen, setChosen] = useState<Record<string, string>>({});

  const stored = useInfiniteQuery({
    queryKey: conversationKeys.messages(code, conversationId ?? ""),
    enabled: conversationId !== null,
    queryFn: ({ pageParam }) => client.messages(conversationId ?? "", pageParam === "" ? undefined : pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => (page.has_more ? page.data[0]?.id : undefined),
    retry: (failures, error) => !isApiError(error, 404) && failures < 2,
    // An answer may be in progress without a task to follow: on a server that just restarted, say.
    refetchInterval: (query) =>
      query.state.data?.pages[0]?.data.some((message) => message.status === "running" && !isLive(session, message.id)) === true
        ? 3000
        : false,
  });
  const messages = useMemo(() => stored.data?.pages.toReversed().flatMap((page) => page.data) ?? [], [stored.data]);

  useEffect(() => {
    return session.onEnd((live) => {
      const { conversationId: id, parentId } = live;
      if (id === null) return;
      void queries.invalidateQueries({ queryKey: conversationKeys.messages(code, id) });
      const titled = parentId === null ? client.titleConversation(id).catch(() => undefined) : Promise.resolve();
      void titled.then(() => queries.invalidateQueries({ queryKey: conversationKeys.all(code) }));
    });
  }, [session, client, code, queries]);

  useEffect(() => {
    for (const message of messages) {
      if (message.status === "running" && message.task_id != null) session.follow(message);
    }
  }, [session, messages]);

  const namedId = turns.find((live) => live.key === draftKey)?.conversationId ?? null;
  useEffect(() => {
    if (namedId === null || conversationId !== null) return;
    onNamed(namedId);
    void queries.invalidateQueries({ queryKey: conversationKeys.all(code) });
  }, [namedId, conversationId, onNamed, queries, code]);

  const own = useMemo(
    () => turns.filter((live) => (conversationId === null ? live.key === draftKey : live.conversationId === conversationId)),
    [turns, conversationId, draftKey],
  );
  const thread = useMemo(() => threadOf(exchangesOf(messages, own), chosen), [messages, own, chosen]);
  const active = own.find((live) => !live.turn.ended) ?? null;
  const running = useMemo(
    () => new Set(turns.flatMap((live) => (live.turn.ended || live.conversationId === null ? [] : [live.conversationId]))),
    [turns],
  );

  const send = (question: Question) => {
    const key = session.send(question);
    if (conversationId === null) setDraft({ key, visit });
    setChosen((before) => ({ ...before, [question.parentId ?? ""]: key }));
  };

  return {
    thread,
    loading: conversationId !== null && stored.isPending && own.length === 0,
    error: own.length === 0 ? stored.error : null,
    active,
    running,
    loadOlder: stored.hasNextPage && !stored.isFetchingNextPage ? () => void stored.fetchNextPage() : null,
    ask: (query, inputs, files, questionFiles) => {
      const parentId = thread.findLast((item) => item.exchange.messageId !== null)?.exchange.messageId ?? null;
      session.forget((live) => live.turn.messageId === null && live.turn.ended && own.includes(live));
      send({ conversationId, parentId, query, inputs, files, questionFiles });
    },
    askAgain: (exchange, query, inputs) => {
      const { messageId, live, parentId, questionFiles } = exchange;
      const files = live !== null && live.files.length > 0 ? live.files : storedMappings(messages, messageId);
      if (messageId === null) session.forget((turn) => turn.key === exchange.key);
      send({ conversationId, parentId, query, inputs: live?.inputs ?? inputs, files, questionFiles });
    },
    choose: (sibling) => setChosen((before) => ({ ...before, [sibling.parentId ?? ""]: sibling.key })),
    stop: () => {
      if (active !== null) session.stop(active.key);
    },
    forgetConversation: (id) => session.forget((live) => live.conversationId === id),
    reload: () => void stored.refetch(),
  };
}

function isLive(session: ChatSession, messageId: string): boolean {
  return session.snapshot().some((live) => live.turn.messageId === messageId && !live.turn.ended);
}

function storedMappings(messages: readonly Message[], id: string | null): FileMapping[] {
  const files = messages.find((message) => message.id === id)?.message_files ?? [];
  return files.flatMap((file): FileMapping[] =>
    file.belongs_to === "user" && file.upload_file_id != null
      ? [{ type: file.type as FileType, transfer_method: "local_file", upload_file_id: file.upload_file_id }]
      : [],
  );
}

/** Questions to go on with after the last answer, when the app suggests them. */
export function useFollowUps(messageId: string | null, ready: boolean): readonly string[] {
  const { code, client, parameters } = useWebApp();
  const enabled = parameters.suggested_questions_after_answer?.enabled === true && messageId !== null && ready;
  const questions = useQuery({
    queryKey: ["follow-ups", code, messageId],
    queryFn: () => client.suggestedQuestions(messageId ?? ""),
    enabled,
    staleTime: Infinity,
    retry: false,
  });
  return enabled ? (questions.data ?? []) : [];
}
