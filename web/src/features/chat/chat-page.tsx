import { Menu as MenuIcon, PanelLeftClose, PanelLeftOpen, SquarePen } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/http";
import { PreferencesMenu } from "@/features/webapp/preferences-menu";
import { SiteFooter } from "@/features/webapp/site-footer";
import { useWebApp } from "@/features/webapp/webapp-context";
import { IconButton } from "@/ui/button";
import { Drawer } from "@/ui/drawer";
import { preloadMarkdown } from "@/ui/markdown/markdown";
import { useStoredFlag } from "@/ui/stored-flag";
import { useViewportHeight } from "@/ui/viewport";
import { Conversation } from "./conversation";
import { ConversationList } from "./conversation-list";
import { useChat } from "./use-chat";
import { conversationsIn, useConversationList } from "./use-conversations";

interface ChatPageProps {
  conversationId: string | null;
  /** `replace` keeps the browser's history free of a step nobody took. */
  onOpen: (id: string | null, replace?: boolean) => void;
}

/** The published chat: conversations at the left, the open one beside it. */
export function ChatPage({ conversationId, onOpen }: ChatPageProps) {
  const { t } = useTranslation();
  const { code, site, inConsole } = useWebApp();
  const [drawer, setDrawer] = useState(false);
  const [rail, setRail] = useStoredFlag("treadle.chat.rail", true);
  const remember = useLastConversation(code, conversationId, onOpen);
  const [visit, setVisit] = useState(0);

  const open = useCallback(
    (id: string | null, replace = false) => {
      setDrawer(false);
      remember(id);
      setVisit((n) => n + 1);
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
  const chat = useChat(conversationId, visit, onNamed);
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

  const list = (
    <ConversationList
      current={conversationId}
      running={chat.running}
      onOpen={open}
      onDeleted={(id) => {
        chat.forgetConversation(id);
        if (id === conversationId) open(null, true);
      }}
    />
  );

  const Main = inConsole ? "section" : "main";
  return (
    <div className="flex h-(--viewport-height,100dvh) overflow-hidden bg-surface">
      {rail && (
        <aside className="relative hidden w-65 shrink-0 flex-col border-r border-line bg-bg md:flex">
          {list}
          <IconButton label={t("chat.hideList")} className="absolute top-2 right-2" onClick={() => setRail(false)}>
            <PanelLeftClose size={16} strokeWidth={1.5} />
          </IconButton>
          <SiteFooter site={{ ...site, custom_disclaimer: null }} className="border-t border-line p-3" />
        </aside>
      )}
      <Main className="flex min-w-0 flex-1 flex-col">
        <header className="flex h-11 shrink-0 items-center gap-1 border-b border-line px-2">
          <IconButton label={t("chat.conversations")} className="md:hidden" onClick={() => setDrawer(true)}>
            <MenuIcon size={18} strokeWidth={1.5} />
          </IconButton>
          {!rail && (
            <IconButton label={t("chat.showList")} className="max-md:hidden" onClick={() => setRail(true)}>
              <PanelLeftOpen size={16} strokeWidth={1.5} />
            </IconButton>
          )}
          <h1 className="min-w-0 flex-1 truncate px-1 font-medium">{conversationId === null ? site.title : name}</h1>
          {!inConsole && <PreferencesMenu />}
          <IconButton label={t("chat.newChat")} className={rail ? "md:hidden" : ""} onClick={() => open(null)}>
            <SquarePen size={16} strokeWidth={1.5} />
          </IconButton>
        </header>
        <Conversation
          key={visit}
          conversationId={conversationId}
          chat={chat}
          introduction={current?.introduction ?? null}
          storedInputs={current?.inputs ?? null}
        />
      </Main>
      <Drawer side="left" open={drawer} onOpenChange={setDrawer} title={t("chat.conversations")}>
        {list}
        <SiteFooter site={{ ...site, custom_disclaimer: null }} className="border-t border-line p-3" />
      </Drawer>
    </div>
  );
}

/** Opens the conversation this browser had open last, and gives the function that notes the next one. */
function useLastConversation(code: string, id: string | null, onOpen: ChatPageProps["onOpen"]): (id: string | null) => void {
  const key = `treadle.conversation.${code}`;
  const [first] = useState(id);
  useEffect(() => {
    if (first !== null) localStorage.setItem(key, first);
    const last = localStorage.getItem(key);
    if (first === null && last !== null) onOpen(last, true);
  }, [first, key, onOpen]);
  return useCallback(
    (next) => {
      if (next === null) localStorage.removeItem(key);
      else localStorage.setItem(key, next);
    },
    [key],
  );
}
