import { ChevronLeft, ChevronRight, Sparkles } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import type { JsonObject } from "@/api/json";
import { ModelField } from "@/features/model-picker/model-field";
import type { ModelSettings } from "@/features/model-picker/models";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextArea } from "@/ui/field";
import { showToast } from "@/ui/toast";
import { section, textIn, type BasicMode, type Change } from "./configuration";
import { newVariable, unknownNames, withVariable } from "./variables";

const TASKS = ["python", "translation", "meeting", "polish", "analyst", "excel", "travel", "sql", "git"] as const;

/** One answer of the model. */
interface Written {
  prompt: string;
  variables: readonly string[];
  opening: string;
  note: string;
}

interface GenerateDialogProps {
  configuration: JsonObject;
  change: Change;
  mode: BasicMode;
  onClose: () => void;
}

/** A model writes the prompt from a description, or changes the one that is there; every try stays to go back to. */
export default function GenerateDialog({ configuration, change, mode, onClose }: GenerateDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const id = useId();
  const current = textIn(configuration, "pre_prompt");
  const [model, setModel] = useState<ModelSettings>(section(configuration, "model") as ModelSettings);
  const [instruction, setInstruction] = useState("");
  const [ideal, setIdeal] = useState("");
  const [build, setBuild] = useState(current.trim() !== "");
  const [tries, setTries] = useState<readonly Written[]>([]);
  const [shown, setShown] = useState(0);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const written = tries[shown];
  const generate = async () => {
    setBusy(true);
    setError(null);
    try {
      const next = await (build ? changed(model, instruction, ideal, written?.prompt ?? current) : fresh(model, instruction));
      if (next.prompt === "") { setError(next.note); return; }
      setTries([...tries, next]);
      setShown(tries.length);
    } catch (failure) {
      setError(errorText(failure));
    } finally {
      setBusy(false);
    }
  };
  const apply = () => {
    if (written === undefined) return;
    change((before) => applied(before, written, mode));
    showToast("ok", t("orchestration.generate.applied"));
    onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="large"
      title={t("orchestration.generate.title")}
      description={t("orchestration.generate.text")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" disabled={written === undefined || busy} onClick={apply}>
            {t("orchestration.generate.apply")}
          </Button>
        </>
      }
    >
      <div className="grid gap-5 md:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-3">
          <ModelField label={t("orchestration.model")} value={model} onChange={setModel} />
          <div role="group" aria-label={t("orchestration.generate.tasks")} className="flex flex-wrap gap-1.5">
            {TASKS.map((task) => (
              <Button
                key={task}
                size="small"
                onClick={() => {
                  setInstruction(t(`orchestration.task.${task}.text`));
                  setBuild(false);
                }}
              >
                {t(`orchestration.task.${task}.name`)}
              </Button>
            ))}
          </div>
          <Field id={`${id}-instruction`} label={t("orchestration.generate.instruction")}>
            <TextArea
              {...fieldProps(`${id}-instruction`, undefined)}
              className="min-h-28"
              maxLength={20_000}
              placeholder={t("orchestration.generate.instructionHint")}
              value={instruction}
              onChange={(event) => setInstruction(event.target.value)}
            />
          </Field>
          {(current.trim() !== "" || written !== undefined) && <Checkbox label={t("orchestration.generate.build")} checked={build} onChange={setBuild} />}
          {build && (
            <Field id={`${id}-ideal`} label={t("orchestration.generate.ideal")} optional>
              <TextArea {...fieldProps(`${id}-ideal`, undefined)} value={ideal} onChange={(event) => setIdeal(event.target.value)} />
            </Field>
          )}
          <Button
            variant="accent"
            className="self-start"
            busy={busy}
            disabled={instruction.trim() === "" || (model.name ?? "") === ""}
            icon={<Sparkles size={14} strokeWidth={1.5} />}
            onClick={() => void generate()}
          >
            {t(tries.length === 0 ? "orchestration.generate.go" : "orchestration.generate.again")}
          </Button>
          {error !== null && (
            <p role="alert" className="break-words text-danger">
              {error}
            </p>
          )}
        </div>
        <section aria-label={t("orchestration.generate.result")} aria-busy={busy} className="flex min-w-0 flex-col gap-3 rounded-card border border-line bg-surface p-3">
          {written === undefined ? (
            <p className="m-auto max-w-60 py-10 text-center text-muted">{t(busy ? "orchestration.generate.busy" : "orchestration.generate.empty")}</p>
          ) : (
            <>
              <div className="flex items-center gap-1">
                <span className="flex-1 font-medium">{t("orchestration.generate.result")}</span>
                <IconButton label={t("orchestration.generate.previous")} disabled={shown === 0} onClick={() => setShown(shown - 1)}>
                  <ChevronLeft size={16} strokeWidth={1.5} />
                </IconButton>
                <span className="tabular text-12 text-muted">
                  {shown + 1}/{tries.length}
                </span>
                <IconButton label={t("orchestration.generate.next")} disabled={shown === tries.length - 1} onClick={() => setShown(shown + 1)}>
                  <ChevronRight size={16} strokeWidth={1.5} />
                </IconButton>
              </div>
              <WrittenView written={written} mode={mode} />
            </>
          )}
        </section>
      </div>
    </Dialog>
  );
}

function WrittenView({ written, mode }: { written: Written; mode: BasicMode }) {
  const { t } = useTranslation();
  return (
    <>
      {written.note !== "" && <p className="text-muted">{written.note}</p>}
      <p className="max-h-80 overflow-y-auto break-words whitespace-pre-wrap text-14" tabIndex={0}>
        {written.prompt}
      </p>
      {written.variables.length > 0 && (
        <p>
          <span className="text-12 text-muted">{t("orchestration.variables")}: </span>
          {written.variables.join(", ")}
        </p>
      )}
      {mode !== "completion" && written.opening !== "" && (
        <p>
          <span className="text-12 text-muted">{t("orchestration.opening")}: </span>
          {written.opening}
        </p>
      )}
    </>
  );
}

function applied(before: JsonObject, { prompt, opening }: Written, mode: BasicMode): JsonObject {
  const told = { ...before, pre_prompt: prompt, ...(mode !== "completion" && opening !== "" ? { opening_statement: opening } : {}) };
  return unknownNames(told).map(newVariable).reduce(withVariable, told);
}

async function fresh(model: ModelSettings, instruction: string): Promise<Written> {
  const body = { instruction, model_config: model as JsonObject, no_variable: false };
  const answer = (await call(api.POST("/rule-generate", { body }))) as JsonObject;
  const prompt = textIn(answer, "prompt");
  return { prompt, variables: unknownNames({ pre_prompt: prompt }), opening: textIn(answer, "opening_statement"), note: textIn(answer, "error") };
}

async function changed(model: ModelSettings, instruction: string, ideal: string, current: string): Promise<Written> {
  const body = { flow_id: "", node_id: "", language: "", current, instruction, ideal_output: ideal, model_config: model as JsonObject };
  const answer = (await call(api.POST("/instruction-generate", { body }))) as JsonObject;
  const prompt = textIn(answer, "modified");
  return { prompt, variables: unknownNames({ pre_prompt: prompt }), opening: "", note: textIn(answer, "error") || textIn(answer, "message") };
}
