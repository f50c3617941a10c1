import { Pause, Play, Volume2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { IconButton } from "@/ui/button";
import { Spinner } from "@/ui/spinner";
import { showToast } from "@/ui/toast";

interface ReadAloudProps {
  /** The answer as sound. */
  speak: (signal: AbortSignal) => Promise<Blob>;
  /** Begins by itself. */
  auto?: boolean;
}

type Sounding = "silent" | "loading" | "reading" | "paused";

/** What reads at the moment on this page: one answer at a time. */
let reader: HTMLAudioElement | null = null;

/** Reads an answer out, pauses and goes on. */
export function ReadAloud({ speak, auto = false }: ReadAloudProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [state, setState] = useState<Sounding>("silent");
  const sound = useRef<HTMLAudioElement | null>(null);
  const asked = useRef<AbortController | null>(null);
  const latest = useRef(speak);
  useEffect(() => {
    latest.current = speak;
  });

  useEffect(
    () => () => {
      asked.current?.abort();
      asked.current = null;
      if (sound.current !== null) {
        sound.current.pause();
        URL.revokeObjectURL(sound.current.src);
        sound.current = null;
      }
    },
    [],
  );

  const play = async () => {
    const audio = sound.current;
    if (audio === null) return;
    reader?.pause();
    reader = audio;
    await audio.play();
  };
  const begin = async () => {
    const controller = new AbortController();
    asked.current = controller;
    setState("loading");
    try {
      const audio = new Audio(URL.createObjectURL(await latest.current(controller.signal)));
      if (controller.signal.aborted) return;
      audio.onplay = () => setState("reading");
      audio.onpause = () => setState(audio.ended ? "silent" : "paused");
      audio.onended = () => setState("silent");
      sound.current = audio;
      await play();
    } catch (error) {
      if (controller.signal.aborted) return;
      setState("silent");
      // A browser that lets no page begin to sound by itself is no failure.
      if (!(error instanceof DOMException && error.name === "NotAllowedError")) showToast("danger", errorText(error));
    }
  };
  const press = () => {
    if (state === "reading") sound.current?.pause();
    else if (sound.current === null) void begin();
    else void play();
  };

  const first = useRef(auto);
  useEffect(() => {
    if (!first.current) return;
    first.current = false;
    void begin();
  });

  const label = { silent: "chat.readAloud", loading: "chat.readAloud", reading: "chat.pauseReading", paused: "chat.goOnReading" } as const;
  const icons = { silent: <Volume2 size={16} strokeWidth={1.5} />, loading: <Spinner />, reading: <Pause size={16} strokeWidth={1.5} />, paused: <Play size={16} strokeWidth={1.5} /> };
  return (
    <IconButton label={t(label[state])} active={state === "reading"} disabled={state === "loading"} onClick={press}>
      {icons[state]}
    </IconButton>
  );
}
