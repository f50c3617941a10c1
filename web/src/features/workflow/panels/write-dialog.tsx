import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, Sparkles } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import type { JsonObject } from "@/api/json";
import { ModelField } from "@/features/model-picker/model-field";
import { defaultQuery } from "@/features/settings-models/providers";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextArea } from "@/ui/field";
import { useWorkflow } from "../store";
import { usePanel } from "./panel-context";
import type { WriteProps } from "./write-button";

/** A model writes a prompt or code from a description, or changes what is there; every try stays to go back to. */
export default function WriteDialog({ what, current, model: first, onWritten, onClose }: WriteProps & { onClose: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const id = useId();
  const appId = useWorkflow((state) => state.appId);
  const { nodeId } = usePanel<object>();
  const { data: standard } = useQuery({ ...defaultQuery("llm"), enabled: first === undefined });
  const [chosen, setChosen] = useState(first);
  const model = chosen ?? (standard == null ? undefined : { provider: standard.provider, name: standard.model, mode: "chat" });
  const [instruction, setInstruction] = useState("");
  const [ideal, setIdeal] = useState("");
  const [change, setChange] = useState(current.trim() !== "");
  const [tries, setTries] = useState<readonly Written[]>([]);
  const [shown, setShown] = useState(0);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const written = tries[shown];
  const ask = async () => {
    setBusy(true);
    setError(null);
    try {
      const next = await write({
        flow_id: appId,
        node_id: nodeId,
        language: what,
        current: change ? (written?.text ?? current) : "",
        instruction,
        ideal_output: change ? ideal : "",
        model_config: model as JsonObject,
      });
      setTries([...tries, next]);
      setShown(tries.length);
    } catch (failure) {
      setError(failure instanceof NotWritten ? failure.message : errorText(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="large"
      title={t(what === "prompt" ? "nodes.write.prompt" : "nodes.write.code")}
      description={t("nodes.write.text")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button
            variant="primary"
            disabled={written === undefined || busy}
            onClick={() => {
              if (written !== undefined) onWritten(written.text);
              onClose();
            }}
          >
            {t("nodes.write.apply")}
          </Button>
        </>
      }
    >
      <div className="grid gap-5 md:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-3">
          <ModelField label={t("nodes.write.model")} value={model ?? null} onChange={setChosen} />
          <Field id={`${id}-instruction`} label={t("nodes.write.instruction")}>
            <TextArea
              {...fieldProps(`${id}-instruction`, undefined)}
              className="min-h-28"
              maxLength={20_000}
              value={instruction}
              onChange={(event) => setInstruction(event.target.value)}
            />
          </Field>
          {(current.trim() !== "" || written !== undefined) && <Checkbox label={t("nodes.write.change")} checked={change} onChange={setChange} />}
          {change && (
            <Field id={`${id}-ideal`} label={t("nodes.write.ideal")} optional>
              <TextArea {...fieldProps(`${id}-ideal`, undefined)} value={ideal} onChange={(event) => setIdeal(event.target.value)} />
            </Field>
          )}
          <Button
            variant="accent"
            className="self-start"
            busy={busy}
            disabled={instruction.trim() === "" || (model?.name ?? "") === ""}
            icon={<Sparkles size={14} strokeWidth={1.5} />}
            onClick={() => void ask()}
          >
            {t(tries.length === 0 ? "nodes.write.go" : "nodes.write.again")}
          </Button>
          {error !== null && (
            <p role="alert" className="break-words text-danger">
              {error}
            </p>
          )}
        </div>
        <section aria-label={t("nodes.write.result")} aria-busy={busy} className="flex min-w-0 flex-col gap-3 rounded-card border border-line bg-surface p-3">
          {written === undefined ? (
            <p className="m-auto max-w-60 py-10 text-center text-muted">{t(busy ? "nodes.write.busy" : "nodes.write.empty")}</p>
          ) : (
            <>
              <div className="flex items-center gap-1">
                <span className="flex-1 font-medium">{t("nodes.write.result")}</span>
                <IconButton label={t("nodes.write.previous")} disabled={shown === 0} onClick={() => setShown(shown - 1)}>
                  <ChevronLeft size={16} strokeWidth={1.5} />
                </IconButton>
                <span className="tabular text-12 text-muted">
                  {shown + 1}/{tries.length}
                </span>
                <IconButton label={t("nodes.write.next")} disabled={shown === tries.length - 1} onClick={() => setShown(shown + 1)}>
                  <ChevronRight size={16} strokeWidth={1.5} />
                </IconButton>
              </div>
              {written.note !== "" && <p className="text-muted">{written.note}</p>}
              <pre className={`max-h-80 overflow-y-auto break-words whitespace-pre-wrap ${what === "prompt" ? "font-sans text-14" : "font-mono text-12"}`} tabIndex={0}>
                {written.text}
              </pre>
            </>
          )}
        </section>
      </div>
    </Dialog>
  );
}

/** One answer of the model. */
interface Written {
  text: string;
  note: string;
}

/** The model gave nothing to use; the message says why. */
class NotWritten extends Error {
  override readonly name = "NotWritten";
}

async function write(body: Schemas["ChangeWish"]): Promise<Written> {
  const answer = (await call(api.POST("/instruction-generate", { body }))) as JsonObject;
  const text = (name: string) => (typeof answer[name] === "string" ? answer[name] : "");
  if (text("modified") === "") throw new NotWritten(text("error"));
  return { text: text("modified"), note: text("message") };
}
