import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { JsonObject } from "@/api/json";
import { trialSettings } from "@/features/trial/trial-settings";
import { TriedThread } from "@/features/trial/tried-thread";
import { Button } from "@/ui/button";
import { Markdown } from "@/ui/markdown/markdown";
import { isOn, textIn, textsIn, type BasicMode } from "./configuration";
import type { Trials } from "./use-trials";

interface ConversationProps {
  appId: string;
  mode: BasicMode;
  configuration: JsonObject;
  trials: Trials;
  pane: string;
  /** Asks a question of those to begin with, or to go on with; without it none are shown. */
  onAsk?: (query: string) => void;
  onRestart?: () => void;
}

/** What a draft was asked and answered. */
export function Conversation({ appId, mode, configuration, trials, pane, onAsk, onRestart }: ConversationProps) {
  const { t } = useTranslation();
  const end = useRef<HTMLDivElement>(null);
  const items = trials.of(pane);
  const chat = mode !== "completion";
  useEffect(() => {
    if (items.length > 0) end.current?.scrollIntoView({ block: "nearest" });
  }, [items.length]);
  const last = items.at(-1)?.exchange;
  const opening = chat ? textIn(configuration, "opening_statement") : "";
  const questions = textsIn(configuration, "suggested_questions").filter((question) => question.trim() !== "");
  const outdated = chat && last !== undefined && last.turn.ended && toldOf(last.configuration) !== toldOf(configuration);
  const alike = !chat && isOn(configuration, "more_like_this");
  return (
    <div className="mx-auto flex w-full max-w-180 flex-col gap-5">
      {opening !== "" && <Markdown text={opening} />}
      {chat && items.length === 0 && onAsk !== undefined && questions.length > 0 && (
        <div className="flex flex-wrap gap-2">
          {questions.map((question) => (
            <Button key={question} size="small" className="max-w-full" onClick={() => onAsk(question)}>
              <span className="truncate">{question}</span>
            </Button>
          ))}
        </div>
      )}
      {items.length === 0 && opening === "" && <p className="mx-auto max-w-80 py-10 text-center text-muted">{t(chat ? "orchestration.tryChat" : "orchestration.tryText")}</p>}
      <TriedThread
        items={items}
        settings={trialSettings(appId, configuration, { chat })}
        actions={{
          choose: (sibling) => trials.choose(pane, sibling),
          again: (exchange) => trials.again(pane, exchange, configuration),
          ...(alike && { alike: (exchange) => trials.alike(pane, exchange, configuration) }),
        }}
        {...(onAsk === undefined ? {} : { onAsk })}
      />
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

/** What makes an answer another one: model, prompts and variables. */
function toldOf(configuration: JsonObject): string {
  const { model, pre_prompt, chat_prompt_config, completion_prompt_config, user_input_form } = configuration;
  return JSON.stringify([model, pre_prompt, chat_prompt_config, completion_prompt_config, user_input_form]);
}
