import { ArrowUp, Square } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { StepsView } from "@/features/generation/steps-view";
import type { Turn } from "@/features/generation/turn";
import { FileCards } from "@/features/files/file-cards";
import { WaitingForms } from "@/features/human-input/waiting-forms";
import { useErrorText } from "@/i18n/errors";
import { IconButton } from "@/ui/button";
import { Markdown } from "@/ui/markdown/markdown";
import { Citations } from "./citations";
import { ToolLine } from "./tool-line";

/** A question to a draft and its answer, with what happened on the way. */
export function TriedExchange({ query, turn }: { query: string; turn: Turn }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  return (
    <article className="flex flex-col gap-3" aria-busy={!turn.ended}>
      <p className="max-w-[85%] self-end rounded-dialog bg-accent-soft px-4 py-2 break-words whitespace-pre-wrap">{query}</p>
      <StepsView turn={turn} />
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
      {turn.error !== null && (
        <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 break-words whitespace-pre-wrap text-danger">
          {errorText(turn.error)}
        </p>
      )}
      {turn.status === "stopped" && <p className="text-12 text-muted">{t("chat.stopped")}</p>}
    </article>
  );
}

/** Where a draft is asked. `onSend` says whether the question went out. */
export function AskBox({ busy, onSend, onStop }: { busy: boolean; onSend: (query: string) => boolean; onStop: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const send = () => {
    const query = text.trim();
    if (query !== "" && !busy && onSend(query)) setText("");
  };
  return (
    <form
      className="flex items-end gap-2 border-t border-line p-2"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        rows={1}
        value={text}
        aria-label={t("running.ask")}
        placeholder={t("running.ask")}
        className="field-sizing-content max-h-32 min-h-8 min-w-0 flex-1 resize-none rounded-control border border-line bg-raised px-2 py-1.5 outline-none focus-visible:border-accent placeholder:text-muted pointer-coarse:min-h-10"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      {busy ? (
        <IconButton label={t("chat.stop")} onClick={onStop}>
          <Square size={14} fill="currentColor" />
        </IconButton>
      ) : (
        <IconButton label={t("common.send")} type="submit" disabled={text.trim() === ""}>
          <ArrowUp size={18} strokeWidth={2} />
        </IconButton>
      )}
    </form>
  );
}
