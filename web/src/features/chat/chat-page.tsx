import { Menu as MenuIcon, PanelLeftClose, PanelLeftOpen, SquarePen } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PreferencesMenu } from "@/features/webapp/preferences-menu";
import { SiteFooter } from "@/features/webapp/site-footer";
import { useWebApp } from "@/features/webapp/webapp-context";
import { IconButton } from "@/ui/button";
import { Drawer } from "@/ui/drawer";
import { useStoredFlag } from "@/ui/stored-flag";
import { Conversation } from "./conversation";
import { ConversationList } from "./conversation-list";
import { useVisit, type ChatPageProps } from "./use-visit";

/** The published chat: conversations at the left, the open one beside it. */
export function ChatPage({ conversationId, onOpen }: ChatPageProps) {
  const { t } = useTranslation();
  const { site, inConsole } = useWebApp();
  const [drawer, setDrawer] = useState(false);
  const [rail, setRail] = useStoredFlag("treadle.chat.rail", true);
  const visit = useVisit({ conversationId, onOpen });
  const { chat, current } = visit;
  const open = (id: string | null) => {
    setDrawer(false);
    visit.open(id);
  };
  const list = <ConversationList current={conversationId} running={chat.running} onOpen={open} onDeleted={visit.onDeleted} />;

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
          <h1 className="min-w-0 flex-1 truncate px-1 font-medium">{conversationId === null ? site.title : visit.name}</h1>
          {!inConsole && <PreferencesMenu />}
          <IconButton label={t("chat.newChat")} className={rail ? "md:hidden" : ""} onClick={() => open(null)}>
            <SquarePen size={16} strokeWidth={1.5} />
          </IconButton>
        </header>
        <Conversation
          key={visit.key}
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
