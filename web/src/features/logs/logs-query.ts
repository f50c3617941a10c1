import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";
import { ANNOTATED, oneOf, PAGE_SIZE, pageOf, SORTS, STATUSES, type LogSearch } from "./log-filter";

export type LoggedConversation = Schemas["LoggedConversation"];
export type LoggedText = Schemas["LoggedText"];
export type LoggedRun = Schemas["LoggedRun"];
export type LogMessage = Schemas["LogMessage"];
export type Kind = "conversations" | "messages" | "runs";

/** Writes to a log invalidate everything below `["log", appId]`. */
const under = (appId: string, ...rest: readonly unknown[]) => ["log", appId, ...rest];

export function conversationsQuery(appId: string, search: LogSearch, start: string) {
  const query = { ...talks(search), start };
  return queryOptions({
    queryKey: under(appId, "conversations", query),
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/chat-conversations", { params: { path: { app_id: appId }, query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function textsQuery(appId: string, search: LogSearch, start: string) {
  const query = { ...talks(search), start };
  return queryOptions({
    queryKey: under(appId, "texts", query),
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/completion-messages", { params: { path: { app_id: appId }, query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function runsQuery(appId: string, search: LogSearch, start: string) {
  const query = { keyword: search.keyword ?? "", status: oneOf(["", ...STATUSES], search.status), created_from: search.from ?? "", start, page: pageOf(search), limit: PAGE_SIZE };
  return queryOptions({
    queryKey: under(appId, "runs", query),
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/workflow-app-logs", { params: { path: { app_id: appId }, query }, signal })),
    placeholderData: keepPreviousData,
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

function talks(search: LogSearch) {
  return {
    keyword: search.keyword ?? "",
    annotation_status: oneOf(ANNOTATED, search.annotated),
    sort_by: oneOf(SORTS, search.sort),
    page: pageOf(search),
    limit: PAGE_SIZE,
  };
}
