import { Play, RotateCcw, Square } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, openStream } from "@/api/client";
import type { JsonObject } from "@/api/json";
import { readFrames, type Frame } from "@/api/sse";
import { AskBox, TriedExchange } from "@/features/chat/trial";
import { runTurn } from "@/features/generation/run-turn";
import { answerText, NEW_TURN, type Turn } from "@/features/generation/turn";
import { InputForm } from "@/features/input-form/input-form";
import { useInputForm } from "@/features/input-form/use-input-form";
import { consoleUploads } from "@/features/workflow/running/start-fields";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Markdown } from "@/ui/markdown/markdown";
import { StatusLabel } from "@/ui/status";
import { formIn, textIn, type BasicMode } from "./configuration";

interface PreviewProps {
  appId: string;
  mode: BasicMode;
  configuration: JsonObject;
}

/** Tries the configuration as it stands, published or not. */
export function Preview(props: PreviewProps) {
  const form = useMemo(() => formIn(props.configuration), [props.configuration]);
  return <Trial key={JSON.stringify(form)} {...props} form={form} />;
}

interface Exchange {
  key: string;
  query: string;
  turn: Turn;
}

function Trial({ appId, mode, configuration, form }: PreviewProps & { form: ReturnType<typeof formIn> }) {
  const { t } = useTranslation();
  const state = useInputForm(form, {});
  const [exchanges, setExchanges] = useState<readonly Exchange[]>([]);
  const listening = useRef<AbortController | null>(null);
  const end = useRef<HTMLDivElement>(null);
  const last = exchanges.at(-1);
  const busy = last !== undefined && !last.turn.ended;
  useEffect(() => {
    end.current?.scrollIntoView({ block: "nearest" });
  }, [exchanges.length]);
  useEffect(() => () => listening.current?.abort(), []);
  const send = (query: string): boolean => {
    const inputs = state.submit();
    if (inputs === null) return false;
    const key = crypto.randomUUID();
    const controller = new AbortController();
    listening.current = controller;
    setExchanges((before) => [...(mode === "completion" ? [] : before), { key, query, turn: NEW_TURN }]);
    const before = last?.turn;
    const body: JsonObject = {
      inputs,
      query,
      configuration,
      ...(mode !== "completion" && before?.conversationId != null ? { conversation_id: before.conversationId } : {}),
      ...(mode !== "completion" && before?.messageId != null ? { parent_message_id: before.messageId } : {}),
    };
    const path = `/apps/${appId}/${mode === "completion" ? "completion-messages" : "chat-messages"}`;
    void runTurn(NEW_TURN, {
      open: (signal) => frames(path, body, signal),
      follow: () => frames(path, body, AbortSignal.abort()),
      onChange: (turn) => setExchanges((now) => now.map((each) => (each.key === key ? { ...each, turn } : each))),
      signal: controller.signal,
    });
    return true;
  };
  const stop = () => {
    const taskId = last?.turn.taskId;
    if (taskId != null) void api.POST("/apps/{app_id}/workflow-runs/tasks/{task_id}/stop", { params: { path: { app_id: appId, task_id: taskId } } });
  };
  const opening = textIn(configuration, "opening_statement");
  return (
    <section aria-label={t("orchestration.preview")} className="flex min-h-80 min-w-0 flex-col bg-surface lg:min-h-0">
      <div className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-1.5">
        <h3 className="flex-1 font-medium">{t("orchestration.preview")}</h3>
        <Button size="small" icon={<RotateCcw size={14} strokeWidth={1.5} />} disabled={busy || exchanges.length === 0} onClick={() => setExchanges([])}>
          {t("running.restart")}
        </Button>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto p-3">
        <div className="mx-auto flex max-w-180 flex-col gap-5">
          {form.length > 0 && (
            <div className="rounded-card border border-line p-3">
              <InputForm client={consoleUploads} system={null} fields={state.fields} values={state.values} problems={state.problems} onChange={state.change} />
            </div>
          )}
          {mode === "completion" ? (
            <>
              {busy ? (
                <Button className="self-start" icon={<Square size={12} fill="currentColor" />} onClick={stop}>
                  {t("chat.stop")}
                </Button>
              ) : (
                <Button className="self-start" variant="primary" icon={<Play size={14} strokeWidth={1.5} />} onClick={() => send("")}>
                  {t("running.start")}
                </Button>
              )}
              {last !== undefined && <Written turn={last.turn} />}
            </>
          ) : (
            <>
              {opening !== "" && <Markdown text={opening} />}
              {exchanges.map((exchange) => (
                <TriedExchange key={exchange.key} query={exchange.query} turn={exchange.turn} />
              ))}
            </>
          )}
          <div ref={end} />
        </div>
      </div>
      {mode !== "completion" && <AskBox busy={busy} onSend={send} onStop={stop} />}
    </section>
  );
}

function Written({ turn }: { turn: Turn }) {
  const errorText = useErrorText();
  return (
    <article className="flex flex-col gap-3" aria-busy={!turn.ended}>
      <StatusLabel status={turn.status === "lost" ? "stopped" : turn.status} />
      <Markdown text={answerText(turn)} />
      {turn.error !== null && (
        <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 break-words whitespace-pre-wrap text-danger">
          {errorText(turn.error)}
        </p>
      )}
    </article>
  );
}

async function* frames(path: string, body: JsonObject, signal: AbortSignal): AsyncGenerator<Frame> {
  const response = await openStream(path, body, signal);
  if (response.body !== null) yield* readFrames(response.body);
}
