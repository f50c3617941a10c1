import { RotateCcw } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { FileUploadConfig } from "@/api/webapp-types";
import type { Attachment } from "@/features/files/attachments";
import { messageFileLimits } from "@/features/files/limits";
import { InputForm } from "@/features/input-form/input-form";
import { useInputForm } from "@/features/input-form/use-input-form";
import { AskBox } from "@/features/trial/ask-box";
import { NO_TALK } from "@/features/trial/no-talk";
import { sent } from "@/features/trial/sent";
import { trialSettings } from "@/features/trial/trial-settings";
import { shownOf, withChoice } from "@/features/trial/tried";
import { TriedThread } from "@/features/trial/tried-thread";
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
  const talk = useRunning((state) => state.talk);
  const appId = useWorkflow((state) => state.appId);
  const kept = useRunning((state) => state.inputs);
  const features = useWorkflow((state) => state.features);
  const state = useInputForm(form, kept);
  const { ask, stop } = useTryOut();
  const end = useRef<HTMLDivElement>(null);
  const items = shownOf(talk);
  const last = items.at(-1)?.exchange;
  const busy = last !== undefined && !last.turn.ended;
  const length = last?.turn.segments.length ?? 0;
  useEffect(() => {
    end.current?.scrollIntoView({ block: "nearest" });
  }, [items.length, length]);
  const send = (query: string, files: readonly Attachment[] = []): boolean => {
    const inputs = state.submit();
    if (inputs === null || busy) return false;
    ask({ query, inputs, ...sent(files) });
    return true;
  };
  const settings = trialSettings(appId, features, { chat: true });
  const limits = messageFileLimits(features.file_upload as FileUploadConfig | null, null);
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
          disabled={busy || items.length === 0}
          onClick={() => running.setState({ talk: NO_TALK, turn: null, runId: null, looks: new Map() })}
        >
          {t("running.restart")}
        </Button>
      </div>
      <div className="flex min-h-0 flex-col bg-surface">
        <div className="min-h-0 flex-1 overflow-y-auto p-3">
          <div className="mx-auto flex max-w-180 flex-col gap-5">
            {opening !== "" && <Markdown text={opening} />}
            {items.length === 0 && suggested.length > 0 && (
              <div className="flex flex-wrap gap-2">
                {suggested.map((question) => (
                  <Button key={question} size="small" onClick={() => send(question)}>
                    {question}
                  </Button>
                ))}
              </div>
            )}
            <TriedThread
              items={items}
              settings={settings}
              actions={{
                choose: (sibling) => running.setState({ talk: withChoice(talk, sibling), turn: sibling.turn }),
                again: (exchange) => ask(exchange, exchange),
              }}
              onAsk={send}
            />
            <div ref={end} />
          </div>
        </div>
        <AskBox settings={settings} busy={busy} onSend={send} onStop={stop} limits={limits} />
      </div>
    </div>
  );
}
