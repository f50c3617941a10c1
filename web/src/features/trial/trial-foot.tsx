import { useQuery } from "@tanstack/react-query";
import { RotateCw, Sparkles } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ReadAloud } from "@/features/chat/read-aloud";
import type { ThreadItem } from "@/features/chat/thread";
import { Versions } from "@/features/chat/versions";
import { answerText } from "@/features/generation/turn";
import { messageAnnotationsQuery } from "@/features/logs/logs-query";
import { MessageAnnotation } from "@/features/logs/message-annotation";
import { PromptLog } from "@/features/logs/prompt-log";
import { RatingButtons } from "@/features/webapp/rating-buttons";
import { IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { formatDuration } from "@/ui/time";
import { trialApi } from "./trial-api";
import type { TrialSettings } from "./trial-settings";
import type { Tried } from "./tried";
import type { TrialActions } from "./tried-thread";

interface TrialFootProps {
  item: ThreadItem<Tried>;
  settings: TrialSettings;
  actions: TrialActions;
  /** Nothing is being answered. */
  idle: boolean;
  isLast: boolean;
}

/** What can be done with the answer of a draft, and what it cost. */
export function TrialFoot({ item, settings, actions, idle, isLast }: TrialFootProps) {
  const { t } = useTranslation();
  const { exchange } = item;
  const { turn, messageId } = exchange;
  const { appId, speech } = settings;
  const text = answerText(turn);
  const tools = trialApi(appId);
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-muted">
      <span className="-ml-1.5 flex flex-wrap items-center">
        <Versions item={item} onChoose={actions.choose} />
        {text !== "" && <CopyButton text={text} />}
        {isLast && idle && (
          <IconButton label={t("chat.regenerate")} onClick={() => actions.again(exchange)}>
            <RotateCw size={16} strokeWidth={1.5} />
          </IconButton>
        )}
        {actions.alike !== undefined && idle && text !== "" && (
          <IconButton label={t("prompts.alike")} onClick={() => actions.alike?.(exchange)}>
            <Sparkles size={16} strokeWidth={1.5} />
          </IconButton>
        )}
        {messageId !== null && text !== "" && speech !== null && (
          <ReadAloud speak={(signal) => tools.speak(messageId, speech.voice, signal)} auto={isLast && speech.auto} />
        )}
        {messageId !== null && <PromptLog appId={appId} messageId={messageId} />}
        {messageId !== null && text !== "" && <RatingButtons rating={null} onRate={(rating, reason) => tools.rate(messageId, rating, reason)} />}
      </span>
      {settings.annotatable && messageId !== null && text !== "" && <Annotation appId={appId} message={{ id: messageId, query: exchange.query, answer: text }} />}
      <span className="tabular ml-auto flex items-center gap-2 text-12">
        {turn.elapsed !== null && turn.elapsed > 0 && <span>{formatDuration(turn.elapsed)}</span>}
        {turn.tokens !== null && turn.tokens > 0 && <span>{t("running.tokens", { count: turn.tokens, shown: turn.tokens.toLocaleString() })}</span>}
      </span>
    </div>
  );
}

function Annotation({ appId, message }: { appId: string; message: { id: string; query: string; answer: string } }) {
  const annotations = useQuery(messageAnnotationsQuery(appId, [message.id])).data;
  return <MessageAnnotation appId={appId} message={message} annotation={annotations?.get(message.id)} />;
}
