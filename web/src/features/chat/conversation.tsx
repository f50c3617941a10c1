import { ArrowDown } from "lucide-react";
import { useCallback, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { JsonObject } from "@/api/json";
import { readyMappings, type Attachment } from "@/features/files/attachments";
import { useInputForm } from "@/features/input-form/use-input-form";
import { SiteFooter } from "@/features/webapp/site-footer";
import { useWebApp } from "@/features/webapp/webapp-context";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/empty";
import { useEscape } from "@/ui/use-escape";
import { Composer } from "./composer";
import { ExchangeView } from "./exchange-view";
import { Suggestions } from "./suggestions";
import type { Exchange } from "./thread";
import { useFollowUps, type Chat } from "./use-chat";
import { useStickToBottom } from "./use-stick-to-bottom";
import { InputsSummary, Welcome } from "./welcome";

interface ConversationProps {
  conversationId: string | null;
  chat: Chat;
  introduction: string | null;
  storedInputs: JsonObject | null;
}

/** The open conversation: welcome and form or messages, then the composer. */
export function Conversation({ conversationId, chat, introduction, storedInputs }: ConversationProps) {
  const { t } = useTranslation();
  const { site, parameters } = useWebApp();
  const errorText = useErrorText();
  const form = useInputForm(parameters.user_input_form);
  const { area, content, atBottom, toBottom } = useStickToBottom();
  const { thread, active } = chat;
  const fresh = thread.length === 0 && conversationId === null;
  const last = thread.at(-1)?.exchange ?? null;
  const followUps = useFollowUps(last?.messageId ?? null, last?.turn.status === "succeeded" && active === null);
  const inputs = storedInputs ?? last?.live?.inputs ?? null;

  const ask = (query: string, files: readonly Attachment[] = []): boolean => {
    const sent = conversationId === null ? form.submit() : {};
    if (sent === null) {
      requestAnimationFrame(() => area.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return false;
    }
    const shown = files.flatMap((file) =>
      file.state === "ready" ? [{ type: file.type, url: file.preview ?? "", filename: file.name, size: file.size }] : [],
    );
    chat.ask(query, sent, readyMappings(files), shown);
    requestAnimationFrame(() => toBottom());
    return true;
  };

  const latest = useRef(chat);
  useEffect(() => {
    latest.current = chat;
  });
  const onChoose = useCallback((sibling: Exchange) => latest.current.choose(sibling), []);
  const onAsk = useCallback((exchange: Exchange, query: string) => latest.current.askAgain(exchange, query, {}), []);
  useEscape(active !== null, chat.stop);
  useEffect(() => toBottom(), [conversationId, toBottom]);

  return (
    <>
      <div ref={area} className="relative min-h-0 flex-1 overflow-y-auto overscroll-contain">
        <div ref={content} className="mx-auto flex max-w-188 flex-col gap-8 px-4 pt-6 pb-8">
          {chat.loadOlder !== null && (
            <Button variant="quiet" className="self-center" onClick={chat.loadOlder}>
              {t("chat.loadOlder")}
            </Button>
          )}
          {chat.loading ? (
            <LoadingMessages />
          ) : chat.error !== null ? (
            <div role="alert" className="flex items-center gap-3 text-danger">
              {errorText(chat.error)}
              <Button onClick={chat.reload}>{t("common.retry")}</Button>
            </div>
          ) : fresh ? (
            <Welcome form={form} onAsk={ask} />
          ) : (
            <InputsSummary inputs={inputs} introduction={introduction} />
          )}
          <div role="log" aria-label={t("chat.messages")} className="flex flex-col gap-8">
            {thread.map((item) => (
              <ExchangeView
                key={item.exchange.key}
                item={item}
                idle={active === null}
                isLast={item.exchange === last}
                onChoose={onChoose}
                onAsk={onAsk}
              />
            ))}
          </div>
          {active === null && <Suggestions questions={followUps} label={t("chat.followUps")} onAsk={ask} />}
        </div>
      </div>
      <div className="relative mx-auto w-full max-w-188 shrink-0 px-4 pb-[max(12px,env(safe-area-inset-bottom))]">
        {!atBottom && (
          <button
            type="button"
            aria-label={t("chat.toLatest")}
            title={t("chat.toLatest")}
            onClick={() => toBottom("smooth")}
            className="animate-fade absolute -top-12 left-1/2 inline-flex size-9 -translate-x-1/2 items-center justify-center rounded-full border border-line bg-raised shadow-float"
          >
            <ArrowDown size={16} strokeWidth={1.5} />
          </button>
        )}
        <Composer answering={active !== null} stopping={active?.stopping ?? false} onSend={ask} onStop={chat.stop} />
        <SiteFooter site={{ ...site, copyright: null, privacy_policy: null }} className="pt-2" />
      </div>
    </>
  );
}

function LoadingMessages() {
  return (
    <div className="flex flex-col gap-4">
      <Skeleton className="h-10 w-1/2 self-end" />
      <Skeleton className="h-5 w-full" />
      <Skeleton className="h-5 w-11/12" />
      <Skeleton className="h-5 w-2/3" />
    </div>
  );
}
