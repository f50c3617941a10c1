import { ArrowUp, Square } from "lucide-react";
import { useState, type Dispatch, type SetStateAction } from "react";
import { useTranslation } from "react-i18next";
import { StepsView } from "@/features/generation/steps-view";
import { answerText, type Turn } from "@/features/generation/turn";
import { AttachMenu } from "@/features/files/attach-menu";
import { AttachmentChips } from "@/features/files/attachment-chips";
import { readyMappings, useAttachments, type Attachment } from "@/features/files/attachments";
import { FileCards } from "@/features/files/file-cards";
import type { FileLimits } from "@/features/files/limits";
import { useFileIntake } from "@/features/files/use-file-intake";
import { consoleUploads } from "@/features/workflow/running/start-fields";
import { WaitingForms } from "@/features/human-input/waiting-forms";
import type { JsonObject } from "@/api/json";
import { useErrorText } from "@/i18n/errors";
import { IconButton } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { Markdown } from "@/ui/markdown/markdown";
import { formatDuration } from "@/ui/time";
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
      <AnswerFoot turn={turn} />
    </article>
  );
}

/** To copy an answer, and what it cost. */
export function AnswerFoot({ turn }: { turn: Turn }) {
  const { t } = useTranslation();
  const text = answerText(turn);
  if (!turn.ended || text === "") return null;
  return (
    <p className="tabular flex items-center gap-2 text-12 text-muted">
      <CopyButton text={text} />
      {turn.elapsed !== null && turn.elapsed > 0 && <span>{formatDuration(turn.elapsed)}</span>}
      {turn.tokens !== null && turn.tokens > 0 && <span>{t("running.tokens", { count: turn.tokens, shown: turn.tokens.toLocaleString() })}</span>}
    </p>
  );
}

interface AskBoxProps {
  busy: boolean;
  /** Whether the question went out. */
  onSend: (query: string, files: readonly JsonObject[]) => boolean;
  onStop: () => void;
  /** The files that may go along; null for none. */
  limits?: FileLimits | null;
}

/** Where a draft is asked. */
export function AskBox({ busy, onSend, onStop, limits = null }: AskBoxProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [files, setFiles] = useState<readonly Attachment[]>([]);
  const uploading = files.some((file) => file.state === "uploading");
  const send = () => {
    const query = text.trim();
    if (query === "" || busy || uploading || !onSend(query, sentFiles(files))) return;
    setText("");
    setFiles([]);
  };
  return (
    <form
      className="flex flex-col gap-2 border-t border-line p-2"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="flex items-end gap-2">
        {limits !== null && <TrialFiles limits={limits} files={files} setFiles={setFiles} />}
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
          <IconButton label={t("common.send")} type="submit" disabled={text.trim() === "" || uploading}>
            <ArrowUp size={18} strokeWidth={2} />
          </IconButton>
        )}
      </div>
    </form>
  );
}

export function sentFiles(files: readonly Attachment[]): JsonObject[] {
  return readyMappings(files).map((mapping) => ({ ...mapping }));
}

interface TrialFilesProps {
  limits: FileLimits;
  files: readonly Attachment[];
  setFiles: Dispatch<SetStateAction<readonly Attachment[]>>;
}

/** The files that go with a question to a draft. */
export function TrialFiles({ limits, files, setFiles }: TrialFilesProps) {
  const list = useAttachments(consoleUploads, files, setFiles);
  const intake = useFileIntake(list, files, limits);
  return (
    <div className="flex min-w-0 flex-wrap items-end gap-2">
      <AttachMenu limits={limits} intake={intake} disabled={files.length >= limits.count} />
      {files.length > 0 && <AttachmentChips files={files} list={list} />}
    </div>
  );
}
