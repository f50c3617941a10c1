import { useQuery } from "@tanstack/react-query";
import { CircleAlert } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { AgentThought, MessageFile, RetrieverResource } from "@/api/events";
import type { JsonObject } from "@/api/json";
import { Citations } from "@/features/chat/citations";
import { ToolLine } from "@/features/chat/tool-line";
import { FileCards } from "@/features/files/file-cards";
import { Values } from "@/features/run-log/values";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Markdown } from "@/ui/markdown/markdown";
import { formatDuration } from "@/ui/time";
import { messageAnnotationsQuery, type LogMessage } from "./logs-query";
import { keyName } from "./marks";
import { MessageAnnotation } from "./message-annotation";
import { MessageRating } from "./message-rating";
import { PromptLog } from "./prompt-log";
import { RunTrace } from "./run-drawer";

interface LoggedMessagesProps {
  appId: string;
  messages: readonly LogMessage[];
  /** Whether the app answers with annotations: completion apps do not. */
  annotatable: boolean;
}

/** Questions and answers in order, with what people think of them. */
export function LoggedMessages({ appId, messages, annotatable }: LoggedMessagesProps) {
  const annotations = useQuery(messageAnnotationsQuery(appId, annotatable ? messages.map((message) => message.id) : [])).data;
  return (
    <div className="flex flex-col gap-8">
      {messages.map((message) => (
        <LoggedMessage
          key={message.id}
          appId={appId}
          message={message}
          siblings={siblingsOf(message, messages)}
          annotate={annotatable && <MessageAnnotation appId={appId} message={message} annotation={annotations?.get(message.id)} />}
        />
      ))}
    </div>
  );
}

const NO_PARENT = "00000000-0000-0000-0000-000000000000";

/** The answers to one question, the first one first; the message alone where it has no place in a thread. */
function siblingsOf(message: LogMessage, messages: readonly LogMessage[]): readonly LogMessage[] {
  const parent = message.parent_message_id;
  if (parent === null || parent === NO_PARENT) return [message];
  return messages.filter((other) => other.parent_message_id === parent);
}

interface LoggedMessageProps {
  appId: string;
  message: LogMessage;
  siblings: readonly LogMessage[];
  annotate: ReactNode;
}

function LoggedMessage({ appId, message, siblings, annotate }: LoggedMessageProps) {
  const { t, i18n } = useTranslation();
  const [trace, setTrace] = useState(false);
  const files = message.message_files as unknown as MessageFile[];
  const of = (side: string) => files.filter((file) => file.belongs_to === side);
  const thoughts = (message.agent_thoughts as unknown as AgentThought[]).filter((thought) => thought.tool !== "");
  return (
    <article className="flex flex-col gap-3">
      <FileCards files={of("user")} />
      {message.query === "" ? (
        <Values title={t("logs.inputs")} value={message.inputs as JsonObject} />
      ) : (
        <div className="max-w-[85%] self-end rounded-dialog bg-accent-soft px-4 py-2.5 text-14 break-words whitespace-pre-wrap">{message.query}</div>
      )}
      {siblings.length > 1 && <p className="text-12 text-muted">{t("logs.version", { number: siblings.indexOf(message) + 1, count: siblings.length })}</p>}
      {thoughts.map((thought) => (
        <ToolLine key={thought.id} thought={thought} running={false} />
      ))}
      {message.answer !== "" && <Markdown text={message.answer} />}
      <FileCards files={of("assistant")} />
      <Citations resources={message.retriever_resources as unknown as RetrieverResource[]} />
      {message.error !== null && message.error !== "" && (
        <p className="flex items-start gap-2 rounded-card border border-danger/40 bg-danger-soft px-3 py-2 break-words">
          <CircleAlert aria-label={t("logs.failed")} size={16} strokeWidth={1.5} className="mt-0.5 shrink-0 text-danger" />
          {message.error}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <MessageRating appId={appId} message={message} />
        {annotate}
        <PromptLog appId={appId} messageId={message.id} />
        {message.run_id !== null && (
          <Button size="small" variant="quiet" onClick={() => setTrace(true)}>
            {t("logs.trace")}
          </Button>
        )}
        {message.api_key !== null && <span className="text-12 text-muted">{t("logs.calledWith", { name: keyName(message.api_key) })}</span>}
        <span className="tabular ml-auto text-12 text-muted">
          {t("logs.tokensOf", {
            tokens: (message.message_tokens + message.answer_tokens).toLocaleString(i18n.language),
            time: formatDuration(message.latency),
            price: Number(message.total_price).toFixed(4),
            currency: message.currency,
          })}
          {Number(message.speech_price) > 0 && ` · ${t("logs.spokenFor", { price: Number(message.speech_price).toFixed(4), currency: message.currency })}`}
        </span>
      </div>
      {trace && message.run_id !== null && (
        <Dialog open size="large" onOpenChange={setTrace} title={t("logs.traceOf")}>
          <RunTrace id={message.run_id} />
        </Dialog>
      )}
    </article>
  );
}
