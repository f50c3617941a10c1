import { useQueryClient } from "@tanstack/react-query";
import clsx from "clsx";
import { Ellipsis, Pencil, Pin, PinOff, SquarePen, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Conversation } from "@/api/webapp-types";
import { useWebApp } from "@/features/webapp/webapp-context";
import { AppIcon } from "@/ui/app-icon";
import { Button, IconButton } from "@/ui/button";
import { Skeleton } from "@/ui/empty";
import { Menu, MenuItem } from "@/ui/menu";
import { DeleteDialog, RenameDialog } from "./conversation-dialogs";
import { conversationKeys, conversationsIn, useConversationActions, useConversationList } from "./use-conversations";

interface ConversationListProps {
  current: string | null;
  running: ReadonlySet<string>;
  onOpen: (id: string | null) => void;
  onDeleted: (id: string) => void;
}

/** The app's name, "New chat", and the visitor's conversations: pinned ones first. */
export function ConversationList({ current, running, onOpen, onDeleted }: ConversationListProps) {
  const { t } = useTranslation();
  const { site } = useWebApp();
  const pinned = useConversationList(true);
  const others = useConversationList(false);
  const pinnedItems = conversationsIn(pinned.data);
  const pinnedIds = new Set(pinnedItems.map((item) => item.id));
  const otherItems = conversationsIn(others.data).filter((item) => !pinnedIds.has(item.id));
  const rows = { current, running, onOpen, onDeleted };
  return (
    <nav aria-label={t("chat.conversations")} className="flex min-h-0 flex-1 flex-col">
      <div className="flex h-11 shrink-0 items-center gap-2 pr-10 pl-3">
        <AppIcon name={site.title} icon={site.icon} background={site.icon_background} imageUrl={site.icon_url} size="small" />
        <span className="truncate font-semibold">{site.title}</span>
      </div>
      <div className="px-2 pb-2">
        <Button
          className="w-full justify-start! pointer-coarse:h-10"
          icon={<SquarePen size={16} strokeWidth={1.5} />}
          onClick={() => onOpen(null)}
        >
          {t("chat.newChat")}
        </Button>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-3">
        {others.isPending && [1, 2, 3].map((n) => <Skeleton key={n} className="my-2 h-6 w-full" />)}
        <Group title={t("chat.pinned")} items={pinnedItems} pinned {...rows} />
        <Group title={pinnedItems.length > 0 ? t("chat.chats") : null} items={otherItems} pinned={false} {...rows} />
        {others.isSuccess && pinnedItems.length + otherItems.length === 0 && (
          <p className="px-2 py-3 text-muted">{t("chat.noConversations")}</p>
        )}
        {others.hasNextPage && (
          <Button variant="quiet" className="w-full" busy={others.isFetchingNextPage} onClick={() => void others.fetchNextPage()}>
            {t("common.loadMore")}
          </Button>
        )}
      </div>
    </nav>
  );
}

interface GroupProps extends ConversationListProps {
  title: string | null;
  items: readonly Conversation[];
  pinned: boolean;
}

function Group({ title, items, pinned, ...rest }: GroupProps) {
  if (items.length === 0) return null;
  return (
    <>
      {title !== null && <h2 className="px-2 pt-2 pb-1 text-12 text-muted">{title}</h2>}
      <ul>
        {items.map((item) => (
          <Row key={item.id} item={item} pinned={pinned} {...rest} />
        ))}
      </ul>
    </>
  );
}

function Row({ item, pinned, current, running, onOpen, onDeleted }: ConversationListProps & { item: Conversation; pinned: boolean }) {
  const { t } = useTranslation();
  const { code } = useWebApp();
  const queries = useQueryClient();
  const actions = useConversationActions();
  const [dialog, setDialog] = useState<"rename" | "delete" | null>(null);
  const active = item.id === current;
  const name = item.name === "" ? t("chat.newConversation") : item.name;
  const close = () => setDialog(null);
  const remove = () => {
    actions.remove.mutate(item.id);
    queries.removeQueries({ queryKey: conversationKeys.messages(code, item.id) });
    onDeleted(item.id);
  };
  return (
    <li className={clsx("group flex items-center rounded-control", active ? "bg-sunken" : "hover:bg-sunken")}>
      <button
        type="button"
        aria-current={active ? "page" : undefined}
        onClick={() => onOpen(item.id)}
        title={name}
        className={clsx("flex min-h-8 min-w-0 flex-1 items-center gap-2 rounded-control px-2 text-start pointer-coarse:min-h-10", active && "font-medium")}
      >
        <span className="truncate">{name}</span>
        {running.has(item.id) && <span role="img" aria-label={t("chat.answering")} className="animate-pulse-soft size-1.5 shrink-0 rounded-full bg-accent" />}
      </button>
      <Menu
        trigger={
          <IconButton
            label={t("chat.conversationMenu", { name })}
            className="md:opacity-0 md:group-focus-within:opacity-100 md:group-hover:opacity-100 md:aria-expanded:opacity-100 pointer-coarse:opacity-100"
          >
            <Ellipsis size={16} strokeWidth={1.5} />
          </IconButton>
        }
      >
        <MenuItem
          icon={pinned ? <PinOff size={16} strokeWidth={1.5} /> : <Pin size={16} strokeWidth={1.5} />}
          onSelect={() => actions.pin.mutate({ id: item.id, pinned: !pinned })}
        >
          {pinned ? t("chat.unpin") : t("chat.pin")}
        </MenuItem>
        <MenuItem icon={<Pencil size={16} strokeWidth={1.5} />} onSelect={() => setDialog("rename")}>
          {t("chat.rename")}
        </MenuItem>
        <MenuItem icon={<Trash2 size={16} strokeWidth={1.5} />} danger onSelect={() => setDialog("delete")}>
          {t("common.delete")}
        </MenuItem>
      </Menu>
      {dialog === "rename" && <RenameDialog name={name} onClose={close} onRename={(next) => actions.rename.mutate({ id: item.id, name: next })} />}
      {dialog === "delete" && <DeleteDialog name={name} onClose={close} onDelete={remove} />}
    </li>
  );
}
