import { ArrowUp, Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { AttachMenu } from "@/features/files/attach-menu";
import { AttachmentChips } from "@/features/files/attachment-chips";
import { useAttachments, type Attachment } from "@/features/files/attachments";
import { messageFileLimits, type FileLimits } from "@/features/files/limits";
import { useFileIntake } from "@/features/files/use-file-intake";
import { useWebApp } from "@/features/webapp/webapp-context";
import { Dictation } from "./dictation";

interface ComposerProps {
  answering: boolean;
  stopping: boolean;
  /** False keeps the text in the composer. */
  onSend: (query: string, files: readonly Attachment[]) => boolean;
  onStop: () => void;
}

const NO_FILES: FileLimits = {
  types: [],
  extensions: [],
  methods: [],
  count: 0,
  megabytes: { image: 0, document: 0, audio: 0, video: 0, custom: 0 },
};

/** Where questions are written. Enter sends, Shift+Enter breaks the line, Esc stops the answer. */
export function Composer({ answering, stopping, onSend, onStop }: ComposerProps) {
  const { t } = useTranslation();
  const { client, site, parameters } = useWebApp();
  const [text, setText] = useState("");
  const [files, setFiles] = useState<readonly Attachment[]>([]);
  const [dragging, setDragging] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const limits = messageFileLimits(parameters.file_upload, parameters.system_parameters);
  const list = useAttachments(client, files, setFiles);
  const intake = useFileIntake(list, files, limits ?? NO_FILES);
  const uploading = files.some((file) => file.state === "uploading");
  const sendable = text.trim() !== "" && !answering && !uploading;
  const placeholder = site.input_placeholder == null || site.input_placeholder === "" ? t("chat.placeholder", { name: site.title }) : site.input_placeholder;

  useEffect(() => {
    if (window.matchMedia("(pointer: fine)").matches) box.current?.focus();
  }, []);

  const send = () => {
    if (!sendable || !onSend(text.trim(), files)) return;
    setText("");
    setFiles([]);
  };

  const onDrop = (event: React.DragEvent) => {
    if (limits === null) return;
    event.preventDefault();
    setDragging(false);
    intake.takeFiles(event.dataTransfer.files);
  };

  return (
    <form
      className={`rounded-dialog border bg-raised shadow-[0_1px_3px_oklch(0.25_0.01_70/0.06)] focus-within:border-line-strong ${dragging ? "border-accent" : "border-line"}`}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => {
        if (limits === null) return;
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={() => setDragging(false)}
      onDrop={onDrop}
    >
      {files.length > 0 && (
        <div className="px-3 pt-3">
          <AttachmentChips files={files} list={list} />
        </div>
      )}
      <div className="flex items-end gap-1 p-1.5">
        {limits !== null && <AttachMenu limits={limits} intake={intake} disabled={files.length >= limits.count} />}
        <textarea
          ref={box}
          rows={1}
          value={text}
          aria-label={placeholder}
          placeholder={placeholder}
          className="field-sizing-content max-h-48 min-h-8 min-w-0 flex-1 pointer-coarse:min-h-10 pointer-coarse:py-2 resize-none bg-transparent px-2 py-1.25 text-14 outline-none placeholder:text-muted"
          onChange={(event) => setText(event.target.value)}
          onPaste={(event) => {
            if (limits === null || event.clipboardData.files.length === 0) return;
            event.preventDefault();
            intake.takeFiles(event.clipboardData.files);
          }}
          onKeyDown={(event) => {
            // keyCode 229: Safari ends an input method's composition before it reports the Enter that did so.
            // eslint-disable-next-line @typescript-eslint/no-deprecated
            const composing = event.nativeEvent.isComposing || event.keyCode === 229;
            if (event.key === "Enter" && !event.shiftKey && !composing) {
              event.preventDefault();
              send();
            }
          }}
        />
        {parameters.speech_to_text?.enabled === true && !answering && (
          <Dictation writeDown={(recording) => client.writeDown(recording)} onText={(said) => setText((typed) => [typed, said].filter((part) => part !== "").join(" "))} />
        )}
        {answering ? (
          <button
            type="button"
            aria-label={t("chat.stop")}
            title={`${t("chat.stop")} (Esc)`}
            disabled={stopping}
            onClick={onStop}
            className="touch-target inline-flex size-8 items-center justify-center rounded-control bg-text text-bg disabled:opacity-50"
          >
            <Square size={12} fill="currentColor" />
          </button>
        ) : (
          <button
            type="submit"
            aria-label={t("common.send")}
            title={uploading ? t("chat.waitForUploads") : t("common.send")}
            disabled={!sendable}
            className="touch-target inline-flex size-8 items-center justify-center rounded-control bg-accent text-on-accent transition-opacity disabled:bg-sunken disabled:text-muted"
          >
            <ArrowUp size={18} strokeWidth={2} />
          </button>
        )}
      </div>
    </form>
  );
}
