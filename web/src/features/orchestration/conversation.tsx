import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { JsonObject } from "@/api/json";
import { AnswerFoot, TriedExchange } from "@/features/chat/trial";
import { answerText, type Turn } from "@/features/generation/turn";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Markdown } from "@/ui/markdown/markdown";
import { StatusLabel } from "@/ui/status";
import { textIn, textsIn, type BasicMode } from "./configuration";
import type { Exchange } from "./use-trials";

interface ConversationProps {
  mode: BasicMode;
  configuration: JsonObject;
  exchanges: readonly Exchange[];
  /** Asks a question of those to begin with; without it they are not shown. */
  onAsk?: (query: string) => void;
  onRestart?: () => void;
}

/** What a draft was asked and answered. */
export function Conversation({ mode, configuration, exchanges, onAsk, onRestart }: ConversationProps) {
  const { t } = useTranslation();
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (exchanges.length > 0) end.current?.scrollIntoView({ block: "nearest" });
  }, [exchanges.length]);
  const last = exchanges.at(-1);
  if (mode === "completion") return last === undefined ? <Invitation text={t("orchestration.tryText")} /> : <Written turn={last.turn} />;
  const opening = textIn(configuration, "opening_statement");
  const questions = textsIn(configuration, "suggested_questions").filter((question) => question.trim() !== "");
  const outdated = last !== undefined && last.turn.ended && toldOf(last.configuration) !== toldOf(configuration);
  return (
    <div className="mx-auto flex w-full max-w-180 flex-col gap-5">
      {opening !== "" && <Markdown text={opening} />}
      {exchanges.length === 0 && onAsk !== undefined && questions.length > 0 && (
        <div className="flex flex-wrap gap-2">
          {questions.map((question) => (
            <Button key={question} size="small" className="max-w-full" onClick={() => onAsk(question)}>
              <span className="truncate">{question}</span>
            </Button>
          ))}
        </div>
      )}
      {exchanges.length === 0 && opening === "" && <Invitation text={t("orchestration.tryChat")} />}
      {exchanges.map((exchange) => (
        <TriedExchange key={exchange.key} query={exchange.query} turn={exchange.turn} />
      ))}
      {outdated && onRestart !== undefined && (
        <p className="flex flex-wrap items-center gap-2 text-12 text-muted">
          {t("orchestration.outdated")}
          <Button size="small" onClick={onRestart}>
            {t("running.restart")}
          </Button>
        </p>
      )}
      <div ref={end} />
    </div>
  );
}

function Invitation({ text }: { text: string }) {
  return <p className="mx-auto max-w-80 py-10 text-center text-muted">{text}</p>;
}

/** What makes an answer another one: model, prompts and variables. */
function toldOf(configuration: JsonObject): string {
  const { model, pre_prompt, chat_prompt_config, completion_prompt_config, user_input_form } = configuration;
  return JSON.stringify([model, pre_prompt, chat_prompt_config, completion_prompt_config, user_input_form]);
}

function Written({ turn }: { turn: Turn }) {
  const errorText = useErrorText();
  return (
    <article className="mx-auto flex w-full max-w-180 flex-col gap-3" aria-busy={!turn.ended}>
      <StatusLabel status={turn.status === "lost" ? "stopped" : turn.status} />
      <Markdown text={answerText(turn)} />
      {turn.error !== null && (
        <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 break-words whitespace-pre-wrap text-danger">
          {errorText(turn.error)}
        </p>
      )}
      <AnswerFoot turn={turn} />
    </article>
  );
}
