import { Bookmark, BookmarkCheck, CircleAlert, RotateCw, Sparkles } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ReadAloud } from "@/features/chat/read-aloud";
import { StepsView } from "@/features/generation/steps-view";
import type { Turn } from "@/features/generation/turn";
import { FileCards } from "@/features/files/file-cards";
import { WaitingForms } from "@/features/human-input/waiting-forms";
import { RatingButtons } from "@/features/webapp/rating-buttons";
import { useWebApp } from "@/features/webapp/webapp-context";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { Skeleton } from "@/ui/empty";
import { JsonView } from "@/ui/json-view";
import { Markdown } from "@/ui/markdown/markdown";
import { MoreLikeThis } from "./more-like-this";
import { outputParts, plainResult, type OutputPart } from "./outputs";
import { useSaved } from "./use-saved";

interface ResultProps {
  turn: Turn;
  onRetry?: () => void;
  /** How many results stand above this one by "more like this". */
  depth?: number;
}

const MAX_DEPTH = 2;

/** One generated result: its nodes, text, outputs and files, and what can be done with it. */
export function Result({ turn, onRetry, depth = 0 }: ResultProps) {
  const { t } = useTranslation();
  const { site, parameters } = useWebApp();
  const [more, setMore] = useState(0);
  const parts = outputParts(turn);
  const canDoMore = parameters.more_like_this?.enabled === true && turn.messageId !== null && depth < MAX_DEPTH;
  return (
    <div className="flex flex-col gap-3" aria-busy={!turn.ended}>
      {site.show_workflow_steps && <StepsView turn={turn} defaultOpen={!turn.ended} />}
      {parts.length === 0 && !turn.ended && !turn.paused && <Waiting />}
      {parts.map((part, at) => (
        <Part key={at} part={part} titled={parts.length > 1} />
      ))}
      {turn.forms.length > 0 && <WaitingForms forms={turn.forms} />}
      <FileCards files={looseFiles(turn, parts)} />
      <Outcome turn={turn} onRetry={onRetry} empty={parts.length === 0} />
      {turn.ended && (parts.length > 0 || canDoMore) && (
        <div className="-ml-1.5 flex items-center">
          {parts.length > 0 && <CopyButton text={() => plainResult(turn)} />}
          <MessageActions turn={turn} />
          {canDoMore && (
            <IconButton label={t("generate.moreLikeThis")} onClick={() => setMore(more + 1)}>
              <Sparkles size={16} strokeWidth={1.5} />
            </IconButton>
          )}
        </div>
      )}
      {more > 0 && turn.messageId !== null && <MoreLikeThis key={more} messageId={turn.messageId} depth={depth + 1} />}
    </div>
  );
}

/** Files that no output shows already. */
function looseFiles(turn: Turn, parts: readonly OutputPart[]) {
  const shown = new Set(parts.flatMap((part) => (part.kind === "files" ? part.files.map((file) => file.url) : [])));
  return turn.files.filter((file) => !shown.has(file.url));
}

function Part({ part, titled }: { part: OutputPart; titled: boolean }) {
  const body =
    part.kind === "text" ? <Markdown text={part.text} /> : part.kind === "files" ? <FileCards files={part.files} /> : <JsonView value={part.value} />;
  if (!titled) return body;
  return (
    <section>
      <h3 className="mb-1 font-mono text-12 text-muted">{part.name}</h3>
      {body}
    </section>
  );
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("chat.answering")} className="flex flex-col gap-2">
      <Skeleton className="h-4 w-full" />
      <Skeleton className="h-4 w-5/6" />
      <Skeleton className="h-4 w-1/2" />
    </div>
  );
}

function Outcome({ turn, onRetry, empty }: { turn: Turn; onRetry: (() => void) | undefined; empty: boolean }) {
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
  if (turn.status === "lost") return <p className="text-muted">{t("generate.lost")}</p>;
  if (turn.status === "stopped") return <p className="text-12 text-muted">{t("chat.stopped")}</p>;
  if (turn.status === "partial-succeeded") return <p className="text-12 text-warn">{t("chat.partial")}</p>;
  return turn.ended && empty ? <p className="text-muted">{t("generate.noOutput")}</p> : null;
}

/** Save and rate: for text generators, whose results are messages. */
function MessageActions({ turn }: { turn: Turn }) {
  const { t } = useTranslation();
  const { client, parameters } = useWebApp();
  const saved = useSaved();
  const [isSaved, setSaved] = useState(false);
  const { messageId } = turn;
  if (messageId === null || turn.status === "failed") return null;
  return (
    <>
      <IconButton
        label={isSaved ? t("generate.saved") : t("generate.save")}
        active={isSaved}
        disabled={isSaved}
        onClick={() => {
          setSaved(true);
          saved.save.mutate(messageId, { onError: () => setSaved(false) });
        }}
      >
        {isSaved ? <BookmarkCheck size={16} strokeWidth={1.5} /> : <Bookmark size={16} strokeWidth={1.5} />}
      </IconButton>
      <RatingButtons rating={null} onRate={(rating, reason) => client.rate(messageId, rating, reason)} />
      {parameters.text_to_speech?.enabled === true && <ReadAloud speak={(signal) => client.speak(messageId, signal)} />}
    </>
  );
}
