import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";
import { ANNOTATED, CHANNELS, oneOf, pageOf, RATINGS, RUN_SORTS, sizeOf, SORTS, STATUSES, type LogSearch } from "./log-filter";
import type { Span } from "./period";

export type LoggedConversation = Schemas["LoggedConversation"];
export type LoggedText = Schemas["LoggedText"];
export type LoggedRun = Schemas["LoggedRun"];
export type LogMessage = Schemas["LogMessage"];
export type Kind = "conversations" | "messages" | "runs";

/** Writes to a log invalidate everything below `["log", appId]`. */
const under = (appId: string, ...rest: readonly unknown[]) => ["log", appId, ...rest];

export type TalkFilter = ReturnType<typeof talkFilter>;
export type RunFilter = ReturnType<typeof runFilter>;

/** Which conversations or texts an address asks for. */
export function talkFilter(search: LogSearch, span: Span) {
  return {
    ...span,
    keyword: search.keyword ?? "",
    annotation_status: oneOf(ANNOTATED, search.annotated),
    status: oneOf(["", ...STATUSES], search.status),
    rating: oneOf(RATINGS, search.rating),
    person: search.who ?? "",
    created_from: oneOf(CHANNELS, search.from),
    api_key_id: search.key ?? "",
    sort_by: oneOf(SORTS, search.sort),
  };
}

/** Which runs an address asks for. */
export function runFilter(search: LogSearch, span: Span) {
  return {
    ...span,
    keyword: search.keyword ?? "",
    status: oneOf(["", ...STATUSES], search.status),
    person: search.who ?? "",
    created_from: oneOf(CHANNELS, search.from),
    api_key_id: search.key ?? "",
    sort_by: oneOf(RUN_SORTS, search.sort),
  };
}

const pageIn = (search: LogSearch) => ({ page: pageOf(search), limit: sizeOf(search) });

export function conversationsQuery(appId: string, search: LogSearch, filter: TalkFilter) {
  const query = { ...filter, ...pageIn(search) };
  return queryOptions({
    queryKey: under(appId, "conversations", query),
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/chat-conversations", { params: { path: { app_id: appId }, query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function textsQuery(appId: string, search: LogSearch, filter: TalkFilter) {
  const query = { ...filter, ...pageIn(search) };
  return queryOptions({
    queryKey: under(appId, "texts", query),
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/completion-messages", { params: { path: { app_id: appId }, query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function runsQuery(appId: string, search: LogSearch, filter: RunFilter) {
  const query = { ...filter, ...pageIn(search) };
  return queryOptions({
    queryKey: under(appId, "runs", query),
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/workflow-app-logs", { params: { path: { app_id: appId }, query }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** The keys of an app's API, by their names. */
export function keysQuery(appId: string) {
  return queryOptions({
    queryKey: ["app-keys", appId],
    queryFn: async ({ signal }) => (await call(api.GET("/apps/{app_id}/api-keys", { params: { path: { app_id: appId } }, signal }))).data,
  });
}

export function conversationQuery(appId: string, id: string) {
  return queryOptions({
    queryKey: under(appId, "conversation", id),
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/chat-conversations/{conversation_id}", { params: { path: { app_id: appId, conversation_id: id } }, signal })),
  });
}

/** The messages of a conversation, the newest page first. */
export function messagesQuery(appId: string, conversationId: string) {
  return infiniteQueryOptions({
    queryKey: under(appId, "messages", conversationId),
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/apps/{app_id}/chat-messages", {
          params: { path: { app_id: appId }, query: { conversation_id: conversationId, limit: 20, ...(pageParam === "" ? {} : { first_id: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => (page.has_more ? page.data[0]?.id : undefined),
  });
}

export function messageQuery(appId: string, id: string) {
  return queryOptions({
    queryKey: under(appId, "message", id),
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/messages/{message_id}", { params: { path: { app_id: appId, message_id: id } }, signal })),
  });
}

/** What annotations have to do with messages, by the id of the message. */
export function messageAnnotationsQuery(appId: string, ids: readonly string[]) {
  return queryOptions({
    queryKey: under(appId, "annotations", ids),
    queryFn: async ({ signal }) => {
      const found = await call(api.GET("/apps/{app_id}/annotations/of-messages", { params: { path: { app_id: appId }, query: { message_id: [...ids] } }, signal }));
      return new Map(found.map((each) => [each.message_id, each]));
    },
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
  });
}

export const markRead = (appId: string, kind: Kind, id: string) =>
  call(api.PUT("/apps/{app_id}/logs/{kind}/{record_id}/read", { params: { path: { app_id: appId, kind, record_id: id } } }));

export const logKey = (appId: string) => under(appId);
