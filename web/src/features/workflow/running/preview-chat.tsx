import { RotateCcw } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { AskBox, TriedExchange } from "@/features/chat/trial";
import { InputForm } from "@/features/input-form/input-form";
import { useInputForm } from "@/features/input-form/use-input-form";
import { Button } from "@/ui/button";
import { Markdown } from "@/ui/markdown/markdown";
import { useWorkflow } from "../store";
import { useRunning, useRunningStore } from "./running";
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
              <TriedExchange key={exchange.key} query={exchange.query} turn={exchange.turn} />
            ))}
            <div ref={end} />
          </div>
        </div>
        <AskBox busy={busy} onSend={send} onStop={stop} />
      </div>
    </div>
  );
}
