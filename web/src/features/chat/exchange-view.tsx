import { CircleAlert, Pencil, RotateCw } from "lucide-react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { StepsView } from "@/features/generation/steps-view";
import { answerText, type Turn } from "@/features/generation/turn";
import { FileCards } from "@/features/files/file-cards";
import { WaitingForms } from "@/features/human-input/waiting-forms";
import { RatingButtons } from "@/features/webapp/rating-buttons";
import { useWebApp } from "@/features/webapp/webapp-context";
import { useErrorText } from "@/i18n/errors";
import { AppIcon } from "@/ui/app-icon";
import { Button, IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { Markdown } from "@/ui/markdown/markdown";
import { Citations } from "./citations";
import { QuestionEditor } from "./question-editor";
import { ReadAloud } from "./read-aloud";
import type { Exchange, ThreadItem } from "./thread";
import { ToolLine } from "./tool-line";
import { Versions } from "./versions";

interface ExchangeViewProps {
  item: ThreadItem;
  /** No answer is in progress, so that this place can be asked again. */
  idle: boolean;
  isLast: boolean;
  onChoose: (sibling: Exchange) => void;
  onAsk: (exchange: Exchange, query: string) => void;
}

/** A question at the right and its answer at the left. */
export const ExchangeView = memo(function ExchangeView({ item, idle, isLast, onChoose, onAsk }: ExchangeViewProps) {
  const { exchange } = item;
  const [editing, setEditing] = useState(false);
  return (
    <article className="flex flex-col gap-4">
      {editing ? (
        <QuestionEditor
          query={exchange.query}
          onCancel={() => setEditing(false)}
          onSend={(query) => {
            setEditing(false);
            onAsk(exchange, query);
          }}
        />
      ) : (
        <Question exchange={exchange} editable={idle} onEdit={() => setEditing(true)} />
      )}
      <Answer item={item} idle={idle} isLast={isLast} onChoose={onChoose} onAsk={onAsk} />
    </article>
  );
});

function Question({ exchange, editable, onEdit }: { exchange: Exchange; editable: boolean; onEdit: () => void }) {
  const { t } = useTranslation();
  const { visitor } = useWebApp();
  return (
    <div className="group flex flex-col items-end gap-2">
      <h2 className="sr-only">{t("chat.you")}</h2>
      {(visitor.name !== null || visitor.avatarUrl !== null) && (
        <p className="flex items-center gap-2 text-12 text-muted">
          {visitor.name}
          {visitor.avatarUrl !== null && <img src={visitor.avatarUrl} alt="" referrerPolicy="no-referrer" className="size-6 rounded-full object-cover" />}
        </p>
      )}
      <FileCards files={exchange.questionFiles.map((file) => ({ ...file, filename: file.filename ?? null }))} />
      <div className="flex max-w-[85%] flex-row-reverse items-end gap-1 max-md:flex-col max-md:items-end">
        <div className="rounded-dialog bg-accent-soft px-4 py-2.5 text-[15px] leading-[1.6] break-words whitespace-pre-wrap">
          {exchange.query}
        </div>
        <div className="flex md:opacity-0 md:group-focus-within:opacity-100 md:group-hover:opacity-100 pointer-coarse:-mb-3 pointer-coarse:opacity-100">
          <CopyButton text={exchange.query} label={t("chat.copyQuestion")} />
          {editable && (
            <IconButton label={t("chat.edit")} onClick={onEdit}>
              <Pencil size={15} strokeWidth={1.5} />
            </IconButton>
          )}
        </div>
      </div>
    </div>
  );
}

function Answer({ item, idle, isLast, onChoose, onAsk }: ExchangeViewProps) {
  const { t } = useTranslation();
  const { site } = useWebApp();
  const { exchange } = item;
  const { turn } = exchange;
  const waiting = !turn.ended && !turn.paused && turn.segments.length === 0;
  return (
    <div className="flex flex-col gap-3" aria-busy={!turn.ended}>
      <h2 className="sr-only">{t("chat.answer")}</h2>
      {site.use_icon_as_answer_icon && <AppIcon name={site.title} icon={site.icon} background={site.icon_background} imageUrl={site.icon_url} size="small" />}
      {site.show_workflow_steps && <StepsView turn={turn} />}
      {waiting && <Waiting />}
      {turn.segments.map((segment, at) =>
        segment.kind === "text" ? (
          <Markdown key={at} text={segment.text} />
        ) : (
          <ToolLine key={segment.thought.id} thought={segment.thought} running={!turn.ended && segment.thought.observation === ""} />
        ),
      )}
      {turn.forms.length > 0 && <WaitingForms forms={turn.forms} />}
      <FileCards files={turn.files} />
      <Citations resources={turn.citations} />
      <Outcome turn={turn} onRetry={idle ? () => onAsk(exchange, exchange.query) : undefined} />
      {turn.ended && <Actions item={item} idle={idle} isLast={isLast} onChoose={onChoose} onAsk={onAsk} />}
    </div>
  );
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <p role="status" className="flex h-6 items-center gap-2 text-muted">
      <span className="animate-pulse-soft size-2 rounded-full bg-accent" />
      {t("chat.answering")}
    </p>
  );
}

/** What went wrong, where it happened, with the way on. */
function Outcome({ turn, onRetry }: { turn: Turn; onRetry: (() => void) | undefined }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  if (turn.status === "failed") {
    return (
      <div role="alert" className="flex items-start gap-2 rounded-card border border-danger/40 bg-danger-soft px-3 py-2">
        <CircleAlert size={16} strokeWidth={1.5} className="mt-1.5 shrink-0 text-danger" />
        <p className="min-w-0 flex-1 py-1 break-words">{errorText(turn.error)}</p>
        {onRetry !== undefined && (
          <Button size="small" icon={<RotateCw size={14} strokeWidth={1.5} />} onClick={onRetry}>
            {t("common.retry")}
          </Button>
        )}
      </div>
    );
  }
  if (turn.status === "lost") return <p className="text-muted">{t("chat.lost")}</p>;
  if (turn.status === "stopped") return <p className="text-12 text-muted">{t("chat.stopped")}</p>;
  if (turn.status === "partial-succeeded") return <p className="text-12 text-warn">{t("chat.partial")}</p>;
  return null;
}

function Actions({ item, idle, isLast, onChoose, onAsk }: ExchangeViewProps) {
  const { t } = useTranslation();
  const { client, parameters } = useWebApp();
  const { exchange } = item;
  const { messageId, live, turn } = exchange;
  const text = answerText(turn);
  const speech = parameters.text_to_speech;
  return (
    <div className="-ml-1.5 flex flex-wrap items-center text-muted">
      <Versions item={item} onChoose={onChoose} />
      {text !== "" && <CopyButton text={text} />}
      {isLast && idle && turn.status !== "failed" && (
        <IconButton label={t("chat.regenerate")} onClick={() => onAsk(exchange, exchange.query)}>
          <RotateCw size={16} strokeWidth={1.5} />
        </IconButton>
      )}
      {messageId !== null && text !== "" && speech?.enabled === true && (
        <ReadAloud speak={(signal) => client.speak(messageId, signal)} auto={isLast && live !== null && speech.autoPlay === "enabled"} />
      )}
      {messageId !== null && turn.status !== "failed" && (
        <RatingButtons rating={exchange.rating} onRate={(rating, reason) => client.rate(messageId, rating, reason)} />
      )}
    </div>
  );
}
