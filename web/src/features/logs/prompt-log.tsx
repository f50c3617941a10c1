import { useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import type { JsonValue } from "@/api/json";
import { useErrorText } from "@/i18n/errors";
import { IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { Dialog } from "@/ui/dialog";
import { Skeleton } from "@/ui/empty";
import { JsonView } from "@/ui/json-view";
import { formatDuration } from "@/ui/time";

interface PromptLogProps {
  appId: string;
  messageId: string;
}

/** Shows what models were sent to answer a message. */
export function PromptLog(props: PromptLogProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <IconButton label={t("prompts.open")} onClick={() => setOpen(true)}>
        <ScrollText size={16} strokeWidth={1.5} />
      </IconButton>
      {open && (
        <Dialog open size="large" onOpenChange={setOpen} title={t("prompts.title")} description={t("prompts.text")}>
          <Calls {...props} />
        </Dialog>
      )}
    </>
  );
}

function Calls({ appId, messageId }: PromptLogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const facts = useFacts();
  const log = useQuery({
    queryKey: ["log", appId, "prompts", messageId],
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/messages/{message_id}/prompts", { params: { path: { app_id: appId, message_id: messageId } }, signal })),
  });
  if (log.isError) {
    return (
      <p role="alert" className="text-danger">
        {errorText(log.error)}
      </p>
    );
  }
  if (!log.isSuccess) return <Skeleton className="h-60 w-full" />;
  const { data: calls, message_tokens, answer_tokens, latency, ...cost } = log.data;
  if (calls.length === 0) return <p className="text-muted">{t("prompts.none")}</p>;
  return (
    <div className="flex flex-col gap-6">
      {calls.map((asked, at) => (
        <section key={at} aria-label={t("prompts.call", { number: at + 1 })} className="flex flex-col gap-2">
          <header className="flex flex-wrap items-baseline gap-x-2">
            <h3 className="font-semibold">{asked.title || t("prompts.call", { number: at + 1 })}</h3>
            <span className="text-muted">{asked.model_name}</span>
            <span className="tabular ml-auto text-12 text-muted">
              {facts({ input: asked.prompt_tokens, output: asked.completion_tokens, seconds: asked.elapsed_time, ...asked })}
            </span>
          </header>
          <ol className="flex flex-col gap-2">
            {asked.messages.map((message, place) => (
              <Sent key={place} message={message} />
            ))}
          </ol>
        </section>
      ))}
      <p className="tabular flex flex-wrap gap-x-2 border-t border-line pt-3 text-12 text-muted">
        <span className="font-medium">{t("prompts.whole")}</span>
        {facts({ input: message_tokens, output: answer_tokens, seconds: latency, ...cost })}
      </p>
    </div>
  );
}

const ROLES = ["system", "user", "assistant", "tool", "developer"] as const;

function Sent({ message }: { message: Schemas["SentMessage"] }) {
  const { t } = useTranslation();
  const role = ROLES.find((each) => each === message.role);
  const pictures = message.files as JsonValue[];
  const tools = (message.tool_calls ?? []) as JsonValue[];
  return (
    <li className="rounded-card border border-line bg-surface">
      <div className="flex min-h-8 items-center gap-2 border-b border-line px-3">
        <span className="flex-1 text-12 font-medium text-muted">{role === undefined ? message.role : t(`prompts.roles.${role}`)}</span>
        {message.text !== "" && <CopyButton text={message.text} />}
      </div>
      {message.text !== "" && <pre className="max-h-96 overflow-y-auto px-3 py-2 font-mono text-12 break-words whitespace-pre-wrap">{message.text}</pre>}
      {pictures.length > 0 && <Part title={t("prompts.files")} value={pictures} />}
      {tools.length > 0 && <Part title={t("prompts.toolCalls")} value={tools} />}
    </li>
  );
}

function Part({ title, value }: { title: string; value: JsonValue }) {
  return (
    <div className="flex flex-col gap-1 px-3 py-2">
      <p className="text-12 text-muted">{title}</p>
      <JsonView value={value} />
    </div>
  );
}

interface Facts {
  input: number;
  output: number;
  seconds: number;
  total_price: string;
  currency: string;
}

function useFacts(): (facts: Facts) => string {
  const { t, i18n } = useTranslation();
  return ({ input, output, seconds, total_price, currency }) =>
    t("prompts.facts", {
      input: input.toLocaleString(i18n.language),
      output: output.toLocaleString(i18n.language),
      time: formatDuration(seconds),
      price: Number(total_price).toFixed(6),
      currency,
    });
}
