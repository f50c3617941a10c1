import { useInfiniteQuery, useMutation, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import type { Conversation, CursorPage } from "@/api/webapp-types";
import { useWebApp } from "@/features/webapp/webapp-context";
import { useErrorText } from "@/i18n/errors";
import { showToast } from "@/ui/toast";

export const conversationKeys = {
  all: (code: string) => ["conversations", code] as const,
  list: (code: string, pinned: boolean) => ["conversations", code, pinned] as const,
  messages: (code: string, id: string) => ["messages", code, id] as const,
};

export function useConversationList(pinned: boolean) {
  const { code, client } = useWebApp();
  return useInfiniteQuery({
    queryKey: conversationKeys.list(code, pinned),
    queryFn: ({ pageParam }) => client.conversations({ pinned, ...(pageParam === "" ? {} : { lastId: pageParam }) }),
    initialPageParam: "",
    getNextPageParam: (page) => (page.has_more ? page.data.at(-1)?.id : undefined),
  });
}

type ConversationPages = InfiniteData<CursorPage<Conversation>>;

export function conversationsIn(pages: ConversationPages | undefined): Conversation[] {
  return pages?.pages.flatMap((page) => page.data) ?? [];
}

/** Rename, pin and delete, shown at once and put right by the server's list. */
export function useConversationActions() {
  const { code, client } = useWebApp();
  const queries = useQueryClient();
  const errorText = useErrorText();
  const settle = {
    onError: (error: unknown) => showToast("danger", errorText(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: conversationKeys.all(code) }),
  };
  const patch = (id: string, change: (conversation: Conversation) => Conversation | null) => {
    for (const pinned of [true, false]) {
      queries.setQueryData<ConversationPages>(conversationKeys.list(code, pinned), (pages) =>
        pages === undefined
          ? undefined
          : {
              ...pages,
              pages: pages.pages.map((page) => ({
                ...page,
                data: page.data.flatMap((item) => (item.id === id ? (change(item) ?? []) : item)),
              })),
            },
      );
    }
  };

  return {
    rename: useMutation({
      mutationFn: ({ id, name }: { id: string; name: string }) => client.renameConversation(id, name),
      onMutate: ({ id, name }) => patch(id, (item) => ({ ...item, name })),
      ...settle,
    }),
    pin: useMutation({
      mutationFn: ({ id, pinned }: { id: string; pinned: boolean }) => client.pinConversation(id, pinned),
      ...settle,
    }),
    remove: useMutation({
      mutationFn: (id: string) => client.deleteConversation(id),
      onMutate: (id) => patch(id, () => null),
      ...settle,
    }),
  };
}
