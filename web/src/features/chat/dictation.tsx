import { Mic, Square, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { IconButton } from "@/ui/button";
import { Spinner } from "@/ui/spinner";
import { showToast } from "@/ui/toast";

const MOST_MEGABYTES = 30;

interface DictationProps {
  writeDown: (recording: File) => Promise<string>;
  onText: (text: string) => void;
  disabled?: boolean;
}

/** Records a question and has it written down. */
export function Dictation({ writeDown, onText, disabled = false }: DictationProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [state, setState] = useState<"silent" | "recording" | "writing">("silent");
  const recorder = useRef<MediaRecorder | null>(null);
  useEffect(() => () => release(recorder.current), []);

  const write = async (pieces: Blob[], type: string) => {
    const recording = new File(pieces, `question.${type.includes("mp4") ? "mp4" : "webm"}`, { type: type.split(";")[0] ?? type });
    if (recording.size > MOST_MEGABYTES * 1024 * 1024) {
      showToast("danger", t("chat.recordingTooLarge", { megabytes: MOST_MEGABYTES }));
      return;
    }
    try {
      onText(await writeDown(recording));
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  const begin = async () => {
    try {
      const recording = new MediaRecorder(await navigator.mediaDevices.getUserMedia({ audio: true }));
      const pieces: Blob[] = [];
      recording.ondataavailable = ({ data }) => pieces.push(data);
      recording.onstop = () => {
        release(recording);
        if (recorder.current !== recording) return;
        recorder.current = null;
        setState("writing");
        void write(pieces, recording.mimeType).finally(() => setState("silent"));
      };
      recorder.current = recording;
      recording.start();
      setState("recording");
    } catch {
      showToast("danger", t("chat.noMicrophone"));
    }
  };
  const cancel = () => {
    const recording = recorder.current;
    recorder.current = null;
    recording?.stop();
    setState("silent");
  };

  if (state === "recording") {
    return (
      <span className="flex items-center" role="group" aria-label={t("chat.dictating")}>
        <span aria-hidden className="animate-pulse-soft mx-1 size-2 rounded-full bg-danger" />
        <IconButton label={t("chat.dictateCancel")} onClick={cancel}>
          <X size={16} strokeWidth={1.5} />
        </IconButton>
        <IconButton label={t("chat.dictateEnd")} active onClick={() => recorder.current?.stop()}>
          <Square size={14} fill="currentColor" />
        </IconButton>
      </span>
    );
  }
  return (
    <IconButton label={t("chat.dictate")} disabled={disabled || state === "writing"} onClick={() => void begin()}>
      {state === "writing" ? <Spinner /> : <Mic size={16} strokeWidth={1.5} />}
    </IconButton>
  );
}

/** Lets go of the microphone. */
function release(recorder: MediaRecorder | null): void {
  recorder?.stream.getTracks().forEach((track) => track.stop());
}
