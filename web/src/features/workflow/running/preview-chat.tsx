import { ArrowUp, RotateCcw, Square } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Citations } from "@/features/chat/citations";
import { ToolLine } from "@/features/chat/tool-line";
import { StepsView } from "@/features/generation/steps-view";
import { FileCards } from "@/features/files/file-cards";
import { WaitingForms } from "@/features/human-input/waiting-forms";
import { InputForm } from "@/features/input-form/input-form";
import { useInputForm } from "@/features/input-form/use-input-form";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { Markdown } from "@/ui/markdown/markdown";
import { useWorkflow } from "../store";
import { useRunning, useRunningStore, type TriedExchange } from "./running";
import { consoleUploads, startForm } from "./start-fields";
import { useTryOut } from "./use-try-out";

/** A conversation with the draft of a chatflow; it stays while the dock is closed. */
export function PreviewChat() {
  const nodes = useWorkflow((state) => state.nodes);
  const form = useMemo(() => startForm(nodes), [nodes]);
  return <Chat key={JSON.stringify(form)} form={form} />;
}

function Chat({ form }: { form: ReturnType<typeof startForm> }) {
  const { t } = useTranslation();
  const running = useRunningStore();
  const exchanges = useRunning((state) => state.exchanges);
  const kept = useRunning((state) => state.inputs);
  const features = useWorkflow((state) => state.features);
  const state = useInputForm(form, kept);
  const { ask, stop } = useTryOut();
  const end = useRef<HTMLDivElement>(null);
  const last = exchanges.at(-1);
  const busy = last !== undefined && !last.turn.ended;
  const length = last?.turn.segments.length ?? 0;
  useEffect(() => {
    end.current?.scrollIntoView({ block: "nearest" });
  }, [exchanges.length, length]);
  const send = (query: string): boolean => {
    const inputs = state.submit();
    if (inputs === null) return false;
    ask(query, inputs);
    return true;
  };
  const opening = typeof features.opening_statement === "string" ? features.opening_statement : "";
  const suggested = Array.isArray(features.suggested_questions) ? features.suggested_questions.filter((each) => typeof each === "string") : [];
  return (
    <div className="grid h-full min-h-0 gap-px bg-line md:grid-cols-[minmax(220px,1fr)_3fr]">
      <div className="flex min-h-0 flex-col gap-3 overflow-y-auto bg-surface p-3 max-md:max-h-40">
        {form.length === 0 && <p className="text-muted">{t("running.noInputs")}</p>}
        <InputForm client={consoleUploads} system={null} fields={state.fields} values={state.values} problems={state.problems} onChange={state.change} />
        <Button
          size="small"
          icon={<RotateCcw size={14} strokeWidth={1.5} />}
          disabled={busy || exchanges.length === 0}
          onClick={() => running.setState({ exchanges: [], conversationId: null, turn: null, runId: null, looks: new Map() })}
        >
          {t("running.restart")}
        </Button>
      </div>
      <div className="flex min-h-0 flex-col bg-surface">
        <div className="min-h-0 flex-1 overflow-y-auto p-3">
          <div className="mx-auto flex max-w-180 flex-col gap-5">
            {opening !== "" && <Markdown text={opening} />}
            {exchanges.length === 0 && suggested.length > 0 && (
              <div className="flex flex-wrap gap-2">
                {suggested.map((question) => (
                  <Button key={question} size="small" onClick={() => send(question)}>
                    {question}
                  </Button>
                ))}
              </div>
            )}
            {exchanges.map((exchange) => (
              <Exchange key={exchange.key} exchange={exchange} />
            ))}
            <div ref={end} />
          </div>
        </div>
        <Ask busy={busy} onSend={send} onStop={stop} />
      </div>
    </div>
  );
}

function Exchange({ exchange: { query, turn } }: { exchange: TriedExchange }) {
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

function Ask({ busy, onSend, onStop }: { busy: boolean; onSend: (query: string) => boolean; onStop: () => void }) {
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
