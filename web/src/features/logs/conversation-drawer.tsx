import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import type { JsonObject } from "@/api/json";
import { Values } from "@/features/run-log/values";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { CopyButton } from "@/ui/copy-button";
import { Skeleton } from "@/ui/empty";
import { Popover } from "@/ui/popover";
import { Markdown } from "@/ui/markdown/markdown";
import { Time } from "@/ui/time";
import { EntryDrawer, type EntryProps } from "./entry-drawer";
import { LoggedMessages } from "./logged-messages";
import { conversationQuery, logKey, messagesQuery } from "./logs-query";
import { Person } from "./marks";

/** A conversation whole: what it began with, every question and answer. */
export function ConversationDrawer(props: EntryProps) {
  const { appId, id, onClose } = props;
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const conversation = useQuery(conversationQuery(appId, id));
  const messages = useInfiniteQuery(messagesQuery(appId, id));
  const [deleting, setDeleting] = useState(false);
  const shown = messages.data?.pages.toReversed().flatMap((page) => page.data) ?? [];
  const remove = async () => {
    await call(api.DELETE("/apps/{app_id}/chat-conversations/{conversation_id}", { params: { path: { app_id: appId, conversation_id: id } } }));
    onClose();
    await queries.invalidateQueries({ queryKey: [...logKey(appId), "conversations"] });
  };
  const failure = conversation.error ?? messages.error;
  return (
    <EntryDrawer
      {...props}
      kind="conversations"
      title={t("logs.conversation")}
      actions={
        <IconButton label={t("logs.delete")} onClick={() => setDeleting(true)}>
          <Trash2 size={16} strokeWidth={1.5} />
        </IconButton>
      }
    >
      <div className="flex flex-col gap-6">
        {failure !== null && (
          <p role="alert" className="text-danger">
            {errorText(failure)}
          </p>
        )}
        {conversation.isSuccess && (
          <header className="flex flex-col gap-4">
            <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-muted">
              <Person name={conversation.data.person} member={conversation.data.by_account} />
              <Time at={conversation.data.created_at} />
              {conversation.data.model !== null && <ModelChip {...conversation.data.model} />}
              <span className="flex items-center gap-1 font-mono text-12">
                {id.slice(0, 8)}…
                <CopyButton text={id} />
              </span>
            </div>
            {Object.keys(conversation.data.inputs).length > 0 && <Values title={t("logs.inputs")} value={conversation.data.inputs as JsonObject} />}
            {conversation.data.introduction !== "" && !messages.hasNextPage && (
              <section aria-label={t("logs.opener")}>
                <Markdown text={conversation.data.introduction} />
              </section>
            )}
          </header>
        )}
        {messages.hasNextPage && (
          <Button className="self-center" size="small" busy={messages.isFetchingNextPage} onClick={() => void messages.fetchNextPage()}>
            {t("logs.older")}
          </Button>
        )}
        {messages.isPending && <Skeleton className="h-60 w-full" />}
        <LoggedMessages appId={appId} messages={shown} annotatable />
      </div>
      {deleting && <ConfirmDialog title={t("logs.deleteTitle")} text={t("logs.deleteText")} action={t("common.delete")} onClose={() => setDeleting(false)} onConfirm={remove} />}
    </EntryDrawer>
  );
}

/** The model that answered, and its parameters. */
function ModelChip({ provider, name, parameters }: Schemas["SettledModel"]) {
  const { t } = useTranslation();
  return (
    <Popover
      label={t("logs.parameters")}
      className="w-80 p-3"
      trigger={
        <button type="button" title={provider} className="rounded-sm border border-line px-1.5 font-mono text-12 hover:bg-sunken">
          {name}
        </button>
      }
    >
      <Values title={t("logs.parameters")} value={parameters as JsonObject} />
    </Popover>
  );
}
