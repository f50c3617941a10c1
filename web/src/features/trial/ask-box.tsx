import { ArrowUp, Square } from "lucide-react";
import { useState, type Dispatch, type SetStateAction } from "react";
import { useTranslation } from "react-i18next";
import { Dictation } from "@/features/chat/dictation";
import { AttachMenu } from "@/features/files/attach-menu";
import { AttachmentChips } from "@/features/files/attachment-chips";
import { useAttachments, type Attachment } from "@/features/files/attachments";
import type { FileLimits } from "@/features/files/limits";
import { useFileIntake } from "@/features/files/use-file-intake";
import { consoleUploads } from "@/features/workflow/running/start-fields";
import { IconButton } from "@/ui/button";
import { showToast } from "@/ui/toast";
import { trialApi } from "./trial-api";
import type { TrialSettings } from "./trial-settings";

interface AskBoxProps {
  settings: TrialSettings;
  busy: boolean;
  /** Whether the question went out. */
  onSend: (query: string, files: readonly Attachment[]) => boolean;
  onStop: () => void;
  /** The files that may go along; null for none. */
  limits: FileLimits | null;
}

/** Where a draft is asked. */
export function AskBox({ settings, busy, onSend, onStop, limits }: AskBoxProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [files, setFiles] = useState<readonly Attachment[]>([]);
  const uploading = files.some((file) => file.state === "uploading");
  const send = () => {
    const query = text.trim();
    if (query === "") return;
    if (busy) showToast("danger", t("chat.waitForAnswer"));
    else if (uploading) showToast("danger", t("chat.waitForUploads"));
    else if (onSend(query, files)) {
      setText("");
      setFiles([]);
    }
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
          className="field-sizing-content max-h-32 min-h-8 min-w-0 flex-1 resize-none rounded-control border border-line bg-raised px-2 py-1.5 outline-none focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-accent placeholder:text-muted pointer-coarse:min-h-10"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        {settings.dictation && !busy && (
          <Dictation writeDown={trialApi(settings.appId).writeDown} onText={(said) => setText((typed) => [typed, said].filter((part) => part !== "").join(" "))} />
        )}
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
