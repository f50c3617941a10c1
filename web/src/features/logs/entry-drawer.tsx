import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown, ChevronUp } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import { Drawer } from "@/ui/drawer";
import { logKey, markRead, type Kind } from "./logs-query";
import { useWalk, WALK } from "./use-walk";

export interface EntryProps {
  appId: string;
  id: string;
  /** The ids of the list, in its order. */
  neighbours: readonly string[];
  onOpen: (id: string) => void;
  onClose: () => void;
}

interface EntryDrawerProps extends EntryProps {
  kind: Kind;
  title: string;
  /** Beside the way to the neighbours. */
  actions?: ReactNode;
  children: ReactNode;
}

/** An entry of a log from the edge of the page, with the way to its neighbours. It is not new any more. */
export function EntryDrawer({ appId, id, kind, neighbours, title, actions, onOpen, onClose, children }: EntryDrawerProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  useEffect(() => {
    // An entry that somebody deleted meanwhile cannot be marked; the drawer says so itself.
    markRead(appId, kind, id).then(
      () => queries.invalidateQueries({ queryKey: [...logKey(appId), kind === "messages" ? "texts" : kind] }),
      () => undefined,
    );
  }, [appId, kind, id, queries]);
  const at = neighbours.indexOf(id);
  const above = at > 0 ? neighbours[at - 1] : undefined;
  const below = at === -1 ? undefined : neighbours[at + 1];
  useWalk(above, below, onOpen);
  const ways = (
    <>
      {actions}
      <IconButton label={t("logs.above")} shortcut={WALK.above} disabled={above === undefined} onClick={() => above !== undefined && onOpen(above)}>
        <ChevronUp size={16} strokeWidth={1.5} />
      </IconButton>
      <IconButton label={t("logs.below")} shortcut={WALK.below} disabled={below === undefined} onClick={() => below !== undefined && onOpen(below)}>
        <ChevronDown size={16} strokeWidth={1.5} />
      </IconButton>
    </>
  );
  return (
    <Drawer open onOpenChange={onClose} title={title} size={kind === "runs" ? "large" : "medium"} actions={ways}>
      {children}
    </Drawer>
  );
}
