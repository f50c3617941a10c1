import { Columns2, Play, RotateCcw, Square } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { JsonObject } from "@/api/json";
import type { Attachment } from "@/features/files/attachments";
import { messageFileLimits, type FileLimits } from "@/features/files/limits";
import { InputForm } from "@/features/input-form/input-form";
import { useInputForm } from "@/features/input-form/use-input-form";
import type { ModelSettings } from "@/features/model-picker/models";
import { AskBox, TrialFiles } from "@/features/trial/ask-box";
import { sent } from "@/features/trial/sent";
import { trialSettings } from "@/features/trial/trial-settings";
import type { Question } from "@/features/trial/tried";
import { consoleUploads } from "@/features/workflow/running/start-fields";
import { Button } from "@/ui/button";
import { ComparedPanes, type Pane } from "./compared-panes";
import { section, type BasicMode, type Change } from "./configuration";
import { Conversation } from "./conversation";
import { useTrials, type Trials } from "./use-trials";
import { askedForm } from "./variables";

interface PreviewProps {
  appId: string;
  mode: BasicMode;
  configuration: JsonObject;
  change: Change;
  editable: boolean;
}

/** The pane of a preview that compares nothing. */
const ONLY = "only";

/** Tries the configuration as it stands, published or not, with its model or with several side by side. */
export default function Preview({ appId, mode, configuration, change, editable }: PreviewProps) {
  const { t } = useTranslation();
  const form = useMemo(() => askedForm(configuration), [configuration]);
  const trials = useTrials(appId, mode);
  const [panes, setPanes] = useState<readonly Pane[]>([]);
  const [typed, setTyped] = useState<JsonObject>({});
  const comparing = panes.length > 0;
  const compare = () => setPanes([newPane(section(configuration, "model")), newPane({})]);
  const leave = () => setPanes([]);
  const ask = (question: Question) => {
    if (!comparing) { trials.ask(ONLY, question, configuration); return; }
    for (const { key, model } of panes) if ((model.name ?? "") !== "") trials.ask(key, question, { ...configuration, model: model as JsonObject });
  };
  return (
    <section aria-label={t("orchestration.preview")} className="flex min-h-80 min-w-0 flex-col bg-surface lg:min-h-0">
      <div className="flex min-h-10 shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
        <h3 className="flex-1 font-medium">{t("orchestration.preview")}</h3>
        {editable && (
          <Button size="small" icon={<Columns2 size={14} strokeWidth={1.5} />} disabled={trials.busy} onClick={comparing ? leave : compare}>
            {t(comparing ? "orchestration.oneModel" : "orchestration.compare")}
          </Button>
        )}
        <Button size="small" icon={<RotateCcw size={14} strokeWidth={1.5} />} disabled={trials.busy} onClick={() => trials.clear()}>
          {t("running.restart")}
        </Button>
      </div>
      <Asking key={JSON.stringify(form)} appId={appId} form={form} typed={typed} onTyped={setTyped} mode={mode} configuration={configuration} trials={trials} ask={ask}>
        {(send) =>
          comparing ? (
            <ComparedPanes
              appId={appId}
              panes={panes}
              onChange={setPanes}
              trials={trials}
              mode={mode}
              configuration={configuration}
              onUse={(model) => {
                change((before) => ({ ...before, model: model as JsonObject }));
                leave();
              }}
            />
          ) : (
            <Conversation appId={appId} mode={mode} configuration={configuration} trials={trials} pane={ONLY} onAsk={(query) => send(query, [])} onRestart={() => trials.clear()} />
          )
        }
      </Asking>
    </section>
  );
}

function newPane(model: ModelSettings): Pane {
  return { key: crypto.randomUUID(), model };
}

interface AskingProps {
  appId: string;
  form: ReturnType<typeof askedForm>;
  /** What was filled in before the form changed. */
  typed: JsonObject;
  onTyped: (inputs: JsonObject) => void;
  mode: BasicMode;
  configuration: JsonObject;
  trials: Trials;
  ask: (question: Question) => void;
  children: (send: (query: string, files: readonly Attachment[]) => boolean) => ReactNode;
}

/** The form of the app above what was answered, the question below it. */
function Asking({ appId, form, typed, onTyped, mode, configuration, trials, ask, children }: AskingProps) {
  const state = useInputForm(form, typed);
  const limits = messageFileLimits(section(configuration, "file_upload"), null);
  const send = (query: string, files: readonly Attachment[]): boolean => {
    const inputs = state.submit();
    if (inputs === null || trials.busy) return false;
    onTyped(inputs);
    ask({ query, inputs, ...sent(files) });
    return true;
  };
  return (
    <>
      <div className="min-h-0 flex-1 overflow-y-auto p-3">
        <div className="flex min-h-full flex-col gap-4">
          {form.length > 0 && (
            <div className="mx-auto w-full max-w-180 rounded-card border border-line p-3">
              <InputForm client={consoleUploads} system={null} fields={state.fields} values={state.values} problems={state.problems} onChange={state.change} />
            </div>
          )}
          {mode === "completion" && <RunBar limits={limits} busy={trials.busy} onRun={(files) => send("", files)} onStop={() => trials.stop()} />}
          {children(send)}
        </div>
      </div>
      {mode !== "completion" && <AskBox settings={trialSettings(appId, configuration, { chat: true })} busy={trials.busy} onSend={send} onStop={() => trials.stop()} limits={limits} />}
    </>
  );
}

interface RunBarProps {
  limits: FileLimits | null;
  busy: boolean;
  onRun: (files: readonly Attachment[]) => void;
  onStop: () => void;
}

/** What a text generator has in the place of a question. */
function RunBar({ limits, busy, onRun, onStop }: RunBarProps) {
  const { t } = useTranslation();
  const [files, setFiles] = useState<readonly Attachment[]>([]);
  return (
    <div className="mx-auto flex w-full max-w-180 flex-wrap items-end gap-2">
      {busy ? (
        <Button icon={<Square size={12} fill="currentColor" />} onClick={onStop}>
          {t("chat.stop")}
        </Button>
      ) : (
        <Button variant="primary" icon={<Play size={14} strokeWidth={1.5} />} onClick={() => onRun(files)}>
          {t("running.start")}
        </Button>
      )}
      {limits !== null && <TrialFiles limits={limits} files={files} setFiles={setFiles} />}
    </div>
  );
}
