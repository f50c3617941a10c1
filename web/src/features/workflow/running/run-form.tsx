import { Play, Square } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { answerText, type Turn } from "@/features/generation/turn";
import { StepsView } from "@/features/generation/steps-view";
import { FileCards } from "@/features/files/file-cards";
import { WaitingForms } from "@/features/human-input/waiting-forms";
import { InputForm } from "@/features/input-form/input-form";
import { useInputForm } from "@/features/input-form/use-input-form";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { JsonView } from "@/ui/json-view";
import { Markdown } from "@/ui/markdown/markdown";
import { StatusLabel } from "@/ui/status";
import { formatDuration } from "@/ui/time";
import { useWorkflow } from "../store";
import { useRunning } from "./running";
import { consoleUploads, startForm, startTrigger } from "./start-fields";
import { useTryOut } from "./use-try-out";

/** Left what the workflow asks for, right what came out. */
export function RunForm() {
  const nodes = useWorkflow((state) => state.nodes);
  const form = useMemo(() => startForm(nodes), [nodes]);
  // The form begins anew when the start node asks for something else.
  return <Form key={JSON.stringify(form)} form={form} trigger={startTrigger(nodes)} />;
}

function Form({ form, trigger }: { form: ReturnType<typeof startForm>; trigger: string | null }) {
  const { t, i18n } = useTranslation();
  const kept = useRunning((state) => state.inputs);
  const turn = useRunning((state) => state.turn);
  const state = useInputForm(form, kept);
  const { run, stop } = useTryOut();
  const busy = turn !== null && !turn.ended;
  const start = () => {
    const inputs = state.submit();
    if (inputs !== null) run(inputs, trigger);
  };
  return (
    <div className="grid h-full min-h-0 gap-px bg-line md:grid-cols-[minmax(260px,1fr)_2fr]">
      <form
        className="flex min-h-0 flex-col gap-3 overflow-y-auto bg-surface p-3"
        onSubmit={(event) => {
          event.preventDefault();
          start();
        }}
      >
        {form.length === 0 && <p className="text-muted">{trigger === null ? t("running.noInputs") : t("running.fromTrigger")}</p>}
        <InputForm client={consoleUploads} system={null} fields={state.fields} values={state.values} problems={state.problems} onChange={state.change} />
        {busy ? (
          <Button icon={<Square size={12} fill="currentColor" />} onClick={stop}>
            {t("chat.stop")}
          </Button>
        ) : (
          <Button type="submit" variant="primary" icon={<Play size={14} strokeWidth={1.5} />}>
            {t("running.start")}
          </Button>
        )}
      </form>
      <div className="min-h-0 overflow-y-auto bg-surface p-3" aria-live="polite">
        {turn === null ? (
          <p className="text-muted">{t("running.nothingYet")}</p>
        ) : (
          <div className="flex flex-col gap-3">
            <p className="flex flex-wrap items-center gap-3 text-muted">
              <StatusLabel status={turn.status === "lost" ? "stopped" : turn.status} />
              {turn.elapsed !== null && <span className="tabular">{formatDuration(turn.elapsed)}</span>}
              {turn.tokens !== null && <span className="tabular">{t("running.tokens", { count: turn.tokens, shown: turn.tokens.toLocaleString(i18n.language) })}</span>}
            </p>
            <StepsView turn={turn} />
            <Outcome turn={turn} />
          </div>
        )}
      </div>
    </div>
  );
}

/** What a run gave: its text as it comes, its outputs, or why there are none. */
export function Outcome({ turn }: { turn: Turn }) {
  const errorText = useErrorText();
  const text = answerText(turn);
  return (
    <>
      {turn.error !== null && (
        <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 break-words whitespace-pre-wrap text-danger">
          {errorText(turn.error)}
        </p>
      )}
      {turn.forms.length > 0 && <WaitingForms forms={turn.forms} />}
      {text !== "" && <Markdown text={text} />}
      <FileCards files={turn.files} />
      {turn.outputs !== null && Object.keys(turn.outputs).length > 0 && <JsonView value={turn.outputs} />}
    </>
  );
}
