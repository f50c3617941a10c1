import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Citations } from "@/features/chat/citations";
import { Suggestions } from "@/features/chat/suggestions";
import type { ThreadItem } from "@/features/chat/thread";
import { ToolLine } from "@/features/chat/tool-line";
import { FileCards } from "@/features/files/file-cards";
import { StepsView } from "@/features/generation/steps-view";
import { WaitingForms } from "@/features/human-input/waiting-forms";
import { useErrorText } from "@/i18n/errors";
import { withTexts } from "@/i18n/i18n";
import { Markdown } from "@/ui/markdown/markdown";
import { trialApi } from "./trial-api";
import type { TrialSettings } from "./trial-settings";
import type { Tried } from "./tried";

const TrialFoot = lazy(async () => ({ default: (await withTexts(["logs", "prompts"], import("./trial-foot"))).TrialFoot }));

export interface TrialActions {
  choose: (sibling: Tried) => void;
  /** Asks the same again; both answers stay. */
  again: (exchange: Tried) => void;
  /** Another text like one that is there. */
  alike?: (exchange: Tried) => void;
}

interface TriedThreadProps {
  items: readonly ThreadItem<Tried>[];
  settings: TrialSettings;
  actions: TrialActions;
  /** Asks a suggested question; without it none are suggested. */
  onAsk?: (query: string) => void;
}

/** What a draft was asked and answered, with what can be done about it. */
export function TriedThread({ items, settings, actions, onAsk }: TriedThreadProps) {
  const idle = items.every(({ exchange }) => exchange.turn.ended);
  const last = items.at(-1)?.exchange;
  return (
    <>
      {items.map((item) => (
        <TriedExchange key={item.exchange.key} item={item} settings={settings} actions={actions} idle={idle} isLast={item.exchange === last} />
      ))}
      {last !== undefined && onAsk !== undefined && settings.followUps && last.turn.ended && <FollowUps appId={settings.appId} exchange={last} onAsk={onAsk} />}
    </>
  );
}

interface TriedExchangeProps extends Omit<TriedThreadProps, "items" | "onAsk"> {
  item: ThreadItem<Tried>;
  idle: boolean;
  isLast: boolean;
}

function TriedExchange({ item, ...rest }: TriedExchangeProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { query, questionFiles, turn } = item.exchange;
  return (
    <article className="flex flex-col gap-3" aria-busy={!turn.ended}>
      <FileCards files={questionFiles.map((file) => ({ ...file, filename: file.filename ?? null }))} />
      {query !== "" && <p className="max-w-[85%] self-end rounded-dialog bg-accent-soft px-4 py-2 break-words whitespace-pre-wrap">{query}</p>}
      <StepsView turn={turn} />
      {turn.segments.map((segment, at) =>
        segment.kind === "text" ? (
          <Markdown key={at} text={segment.text} />
        ) : (
          <ToolLine key={segment.thought.id} thought={segment.thought} running={!turn.ended && segment.thought.observation === ""} />
        ),
      )}
      {!turn.ended && !turn.paused && turn.segments.length === 0 && (
        <p role="status" className="flex h-6 items-center gap-2 text-muted">
          <span className="animate-pulse-soft size-2 rounded-full bg-accent" />
          {t("chat.answering")}
        </p>
      )}
      {turn.forms.length > 0 && <WaitingForms forms={turn.forms} />}
      <FileCards files={turn.files} />
      <Citations resources={turn.citations} />
      {turn.error !== null && (
        <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 break-words whitespace-pre-wrap text-danger">
          {errorText(turn.error)}
        </p>
      )}
      {turn.status === "stopped" && <p className="text-12 text-muted">{t("chat.stopped")}</p>}
      {turn.ended && (
        <Suspense fallback={<div className="h-7" />}>
          <TrialFoot item={item} {...rest} />
        </Suspense>
      )}
    </article>
  );
}

/** What may be asked next; nothing where the model suggests nothing. */
function FollowUps({ appId, exchange, onAsk }: { appId: string; exchange: Tried; onAsk: (query: string) => void }) {
  const { t } = useTranslation();
  const { messageId, turn } = exchange;
  const questions = useQuery({
    queryKey: ["tried-follow-ups", appId, messageId],
    queryFn: ({ signal }) => trialApi(appId).followUps(messageId ?? "", signal),
    enabled: messageId !== null && turn.status === "succeeded",
    staleTime: Infinity,
    retry: false,
  });
  return <Suggestions questions={questions.data ?? []} label={t("chat.followUps")} onAsk={onAsk} />;
}
