import { useQuery } from "@tanstack/react-query";
import { Play, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/http";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextArea } from "@/ui/field";
import { Segmented } from "@/ui/segmented";
import { Spinner } from "@/ui/spinner";
import { replayPlan, type ConversationChoice, type GraphChoice, type ReplayOrder, type ReplayPlan, type ReplayVariable } from "./api";
import { PlanNotes } from "./plan-notes";
import { asJson, changedInputs, editorText, fromJson } from "./values";

interface ReplayDialogProps {
  runId: string;
  nodeId: string;
  onClose: () => void;
  /** Begins it; what it throws is shown here, and the dialog stays. */
  onStart: (order: ReplayOrder) => Promise<void>;
}

type Texts = Record<string, string>;

/** A run once more from one of its nodes on: which graph, which values, and what stays as it was. */
export function ReplayDialog({ runId, nodeId, onClose, onStart }: ReplayDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [graph, setGraph] = useState<GraphChoice>("recorded");
  const [conversation, setConversation] = useState<ConversationChoice | null>(null);
  const [texts, setTexts] = useState<Texts>({});
  const [json, setJson] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const plan = useQuery({
    queryKey: ["replay", runId, nodeId, graph, conversation],
    queryFn: () => replayPlan(runId, nodeId, graph, conversation),
    gcTime: 0,
    retry: false,
    placeholderData: (before: ReplayPlan | undefined) => before,
  });
  const variables = plan.data?.variables ?? [];
  const edited = json === null ? texts : fromJson(variables, json);
  const start = async () => {
    const inputs = edited === null ? null : changedInputs(variables, edited);
    if (inputs === null) {
      setProblem(t("replay.notJson"));
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      await onStart({ nodeId, graph, conversation, inputs });
      onClose();
    } catch (error) {
      setProblem(isApiError(error) ? error.message || errorText(error) : errorText(error));
      setBusy(false);
    }
  };
  const asFields = () => {
    if (edited === null) {
      setProblem(t("replay.notJson"));
      return;
    }
    setTexts(edited);
    setJson(null);
  };
  const ready = plan.data !== undefined && plan.error === null;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="large"
      title={plan.data === undefined ? t("replay.title") : t("replay.titleFrom", { title: plan.data.title || plan.data.node_id })}
      description={t("replay.text")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" busy={busy} disabled={!ready || !plan.data.reached} icon={<Play size={14} strokeWidth={1.5} />} onClick={() => void start()}>
            {t("replay.start")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="flex flex-wrap items-end gap-x-6 gap-y-3">
          <Choice label={t("replay.graph.label")}>
            <Segmented
              label={t("replay.graph.label")}
              value={graph}
              onChange={setGraph}
              options={[
                { value: "recorded", label: t("replay.graph.recorded") },
                { value: "draft", label: t("replay.graph.draft") },
              ]}
            />
          </Choice>
          {plan.data?.conversation != null && (
            <Choice label={t("replay.conversation.label")}>
              <Segmented
                label={t("replay.conversation.label")}
                value={conversation ?? plan.data.conversation}
                onChange={setConversation}
                options={[
                  ...(plan.data.conversation_kept ? [{ value: "recorded" as const, label: t("replay.conversation.recorded") }] : []),
                  { value: "now", label: t("replay.conversation.now") },
                ]}
              />
            </Choice>
          )}
        </div>
        {plan.error !== null ? (
          <Problem text={isApiError(plan.error) ? plan.error.message : errorText(plan.error)} />
        ) : plan.data === undefined ? (
          <Spinner />
        ) : (
          <>
            <PlanNotes plan={plan.data} asked={nodeId} />
            <section className="flex flex-col gap-3">
              <div className="flex items-center justify-between gap-3">
                <h3 className="font-semibold">{t("replay.values")}</h3>
                {variables.length > 0 && (
                  <Segmented
                    label={t("replay.editor.label")}
                    value={json === null ? "fields" : "json"}
                    onChange={(next) => (next === "json" ? setJson(asJson(variables, texts)) : asFields())}
                    options={[
                      { value: "fields", label: t("replay.editor.fields") },
                      { value: "json", label: t("replay.editor.json") },
                    ]}
                  />
                )}
              </div>
              {variables.length === 0 && <p className="text-muted">{t("replay.noValues")}</p>}
              {json === null ? (
                variables.map((variable) => (
                  <VariableField key={variable.key} variable={variable} texts={texts} onTexts={setTexts} />
                ))
              ) : (
                <TextArea className="min-h-48 font-mono text-12" aria-label={t("replay.values")} value={json} onChange={(event) => setJson(event.target.value)} />
              )}
            </section>
          </>
        )}
        {problem !== null && <Problem text={problem} />}
      </div>
    </Dialog>
  );
}

function Choice({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <span className="text-12 font-medium text-muted" aria-hidden>
        {label}
      </span>
      {children}
    </div>
  );
}

function Problem({ text }: { text: string }) {
  return (
    <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 break-words whitespace-pre-wrap text-danger">
      {text}
    </p>
  );
}

function VariableField({ variable, texts, onTexts }: { variable: ReplayVariable; texts: Texts; onTexts: (texts: Texts) => void }) {
  const { t } = useTranslation();
  const recorded = editorText(variable);
  const text = texts[variable.key] ?? recorded;
  const changed = text !== recorded;
  const id = `replay-${variable.key}`;
  const problem = variable.lost_file === null || changed ? undefined : t("replay.lostFile", { name: variable.lost_file });
  const hint = variable.known ? undefined : t("replay.notRecorded");
  return (
    <Field
      id={id}
      label={variable.key}
      optional={!variable.required}
      hint={hint}
      error={problem}
      aside={
        changed && (
          <span className="flex items-center gap-1">
            <Badge tone="accent">{t("replay.changed")}</Badge>
            <IconButton label={t("replay.reset", { name: variable.key })} onClick={() => onTexts({ ...texts, [variable.key]: recorded })}>
              <RotateCcw size={14} strokeWidth={1.5} />
            </IconButton>
          </span>
        )
      }
    >
      <TextArea
        {...fieldProps(id, problem)}
        className="field-sizing-content max-h-60 font-mono text-12"
        value={text}
        onChange={(event) => onTexts({ ...texts, [variable.key]: event.target.value })}
      />
    </Field>
  );
}
