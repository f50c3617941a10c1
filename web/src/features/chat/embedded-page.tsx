import clsx from "clsx";
import { Expand, Menu as MenuIcon, SquarePen, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SiteFooter } from "@/features/webapp/site-footer";
import { useWebApp } from "@/features/webapp/webapp-context";
import { AppIcon } from "@/ui/app-icon";
import { IconButton } from "@/ui/button";
import { Drawer } from "@/ui/drawer";
import { useEscape } from "@/ui/use-escape";
import { Conversation } from "./conversation";
import { ConversationList } from "./conversation-list";
import { useHost } from "./use-host";
import { useVisit, type ChatPageProps } from "./use-visit";

/** The published chat as other web sites show it in a frame: one column, with what is needed in its header. */
export function EmbeddedPage({ conversationId, onOpen }: ChatPageProps) {
  const { t } = useTranslation();
  const { site } = useWebApp();
  const host = useHost();
  const [drawer, setDrawer] = useState(false);
  const visit = useVisit({ conversationId, onOpen });
  const { chat, current } = visit;
  const coloured = site.chat_color_theme !== null && !site.chat_color_theme_inverted;
  const open = (id: string | null) => {
    setDrawer(false);
    visit.open(id);
  };
  const close = host?.close;
  // While an answer is in progress, Esc stops it.
  useEscape(close !== undefined && chat.active === null, () => close?.());
  return (
    <main className="flex h-(--viewport-height,100dvh) flex-col overflow-hidden bg-surface">
      <header
        className={clsx(
          "flex h-12 shrink-0 items-center gap-1 px-2",
          coloured ? "bg-accent text-on-accent [&_button]:text-on-accent" : "border-b border-line",
        )}
      >
        <span className="mx-1 inline-flex">
          <AppIcon name={site.title} icon={site.icon} background={site.icon_background} imageUrl={site.icon_url} size="small" />
        </span>
        <h1 className="min-w-0 flex-1 truncate px-1 font-semibold">{site.title}</h1>
        <IconButton label={t("chat.newChat")} onClick={() => open(null)}>
          <SquarePen size={16} strokeWidth={1.5} />
        </IconButton>
        <IconButton label={t("chat.conversations")} onClick={() => setDrawer(true)}>
          <MenuIcon size={18} strokeWidth={1.5} />
        </IconButton>
        {host?.expand != null && (
          <IconButton label={t("chat.resize")} onClick={host.expand}>
            <Expand size={16} strokeWidth={1.5} />
          </IconButton>
        )}
        {close !== undefined && (
          <IconButton label={t("common.close")} onClick={close}>
            <X size={18} strokeWidth={1.5} />
          </IconButton>
        )}
      </header>
      <Conversation
        key={visit.key}
        conversationId={conversationId}
        chat={chat}
        introduction={current?.introduction ?? null}
        storedInputs={current?.inputs ?? null}
      />
      <Drawer side="left" open={drawer} onOpenChange={setDrawer} title={t("chat.conversations")}>
        <ConversationList current={conversationId} running={chat.running} onOpen={open} onDeleted={visit.onDeleted} />
        <SiteFooter site={{ ...site, custom_disclaimer: null }} className="border-t border-line p-3" />
      </Drawer>
    </main>
  );
}
