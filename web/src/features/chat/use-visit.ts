import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/http";
import type { Conversation } from "@/api/webapp-types";
import { useWebApp } from "@/features/webapp/webapp-context";
import { preloadMarkdown } from "@/ui/markdown/markdown";
import { useViewportHeight } from "@/ui/viewport";
import { useChat, type Chat } from "./use-chat";
import { conversationsIn, useConversationList } from "./use-conversations";

export interface ChatPageProps {
  conversationId: string | null;
  /** `replace` keeps the browser's history free of a step nobody took. */
  onOpen: (id: string | null, replace?: boolean) => void;
}

/** A visitor's stay with one conversation of a published chat. */
export interface Visit {
  /** Changes when another conversation is opened, or a new one begun. */
  key: number;
  chat: Chat;
  current: Conversation | undefined;
  /** What the open conversation is called. */
  name: string;
  open: (id: string | null, replace?: boolean) => void;
  onDeleted: (id: string) => void;
}

/** Follows which conversation is open, also across reloads. */
export function useVisit({ conversationId, onOpen }: ChatPageProps): Visit {
  const { t } = useTranslation();
  const { site, inConsole } = useWebApp();
  const remember = useLastConversation(conversationId, onOpen);
  const [key, setKey] = useState(0);
  const open = useCallback(
    (id: string | null, replace = false) => {
      remember(id);
      setKey((n) => n + 1);
      onOpen(id, replace);
    },
    [onOpen, remember],
  );
  // A conversation that just got its id is the same visit: nothing on the page starts anew.
  const onNamed = useCallback(
    (id: string) => {
      remember(id);
      onOpen(id, true);
    },
    [onOpen, remember],
  );
  const chat = useChat(conversationId, key, onNamed);
  const all = [...conversationsIn(useConversationList(true).data), ...conversationsIn(useConversationList(false).data)];
  const current = all.find((item) => item.id === conversationId);
  const name = current === undefined || current.name === "" ? t("chat.newConversation") : current.name;
  const gone = isApiError(chat.error, 404);

  useViewportHeight();
  useEffect(preloadMarkdown, []);
  useEffect(() => {
    if (!inConsole) document.title = conversationId === null ? site.title : `${name} - ${site.title}`;
  }, [name, conversationId, site.title, inConsole]);
  useEffect(() => {
    if (!gone) return;
    remember(null);
    onOpen(null, true);
  }, [gone, remember, onOpen]);

  const onDeleted = (id: string) => {
    chat.forgetConversation(id);
    if (id === conversationId) open(null, true);
  };
  return { key, chat, current, name, open, onDeleted };
}

/** Opens the conversation this browser had open last, and gives the function that notes the next one. */
function useLastConversation(id: string | null, onOpen: ChatPageProps["onOpen"]): (id: string | null) => void {
  const { code, visitor } = useWebApp();
  const key = `treadle.conversation.${code}${visitor.userId === null ? "" : `.${visitor.userId}`}`;
  const [first] = useState(id);
  useEffect(() => {
    if (first !== null) localStorage.setItem(key, first);
    const last = visitor.conversationId ?? localStorage.getItem(key);
    if (first === null && last !== null) onOpen(last, true);
  }, [first, key, visitor.conversationId, onOpen]);
  return useCallback(
    (next) => {
      if (next === null) localStorage.removeItem(key);
      else localStorage.setItem(key, next);
    },
    [key],
  );
}
