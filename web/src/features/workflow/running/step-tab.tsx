import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Play, Square } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import type { StepStatus } from "@/api/events";
import type { JsonObject, JsonValue } from "@/api/json";
import { StepsView } from "@/features/generation/steps-view";
import { Values } from "@/features/run-log/values";
import { isApiError } from "@/api/http";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Field, fieldProps, TextArea } from "@/ui/field";
import { Spinner } from "@/ui/spinner";
import { StatusLabel } from "@/ui/status";
import { formatDuration } from "@/ui/time";
import { showToast } from "@/ui/toast";
import { byId } from "../graph/lookup";
import { useSaving, useWorkflow } from "../store";
import { runContainer, stopContainer } from "./run-container";
import { useRunning, useRunningStore } from "./running";
import type { Asked, NodeRun } from "./shapes";

/** One node run alone, with the values that earlier runs left. */
export function StepTab() {
  const { t } = useTranslation();
  const nodeId = useRunning((state) => state.stepNodeId);
  const node = useWorkflow((state) => byId(state.nodes).get(nodeId ?? ""));
  if (nodeId === null || node === undefined) return <p className="p-3 text-muted">{t("running.chooseNode")}</p>;
  return <Step key={nodeId} nodeId={nodeId} title={node.data.title} container={node.data.type === "iteration" || node.data.type === "loop" ? node.data.type : null} />;
}

/** The kind of a node that runs in rounds; null for any other. */
type Container = "iteration" | "loop" | null;

function Step({ nodeId, title, container }: { nodeId: string; title: string; container: Container }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const appId = useWorkflow((state) => state.appId);
  const saving = useSaving();
  const path = { app_id: appId, node_id: nodeId };
  const asked = useQuery({
    queryKey: ["workflow", appId, "tried", "asked", nodeId],
    queryFn: async () => {
      await saving.flush();
      return (await call(api.GET("/apps/{app_id}/workflows/draft/nodes/{node_id}/inputs", { params: { path } }))).items;
    },
    gcTime: 0,
  });
  const last = useQuery({
    queryKey: ["workflow", appId, "tried", "last", nodeId],
    queryFn: () =>
      call(api.GET("/apps/{app_id}/workflows/draft/nodes/{node_id}/last-run", { params: { path } })).catch((error: unknown) => {
        if (isApiError(error, 404)) return null;
        throw error;
      }),
  });
  const turn = useRunning((state) => (state.stepTurn?.nodeId === nodeId ? state.stepTurn.turn : null));
  if (asked.error !== null) return <p className="p-3 text-danger">{errorText(asked.error)}</p>;
  if (asked.data === undefined || last.isPending) return <p className="p-3">{<Spinner />}</p>;
  return (
    <div className="grid h-full min-h-0 gap-px bg-line md:grid-cols-[minmax(260px,1fr)_2fr]">
      <StepForm nodeId={nodeId} title={title} container={container} asked={remembered(asked.data as Asked[], last.data as NodeRun | null | undefined)} />
      <div className="min-h-0 overflow-y-auto bg-surface p-3">
        {turn !== null && (
          <div className="flex flex-col gap-3 pb-3" aria-live="polite">
            <StepsView turn={turn} defaultOpen />
            {turn.error !== null && <p className="rounded-control bg-danger-soft px-3 py-2 break-words whitespace-pre-wrap text-danger">{errorText(turn.error)}</p>}
          </div>
        )}
        {turn !== null && !turn.ended ? null : last.data == null ? <p className="text-muted">{t("running.neverRun")}</p> : <NodeResult run={last.data as NodeRun} />}
      </div>
    </div>
  );
}

/** With the values that the last run of this node alone was given. */
function remembered(asked: readonly Asked[], last: NodeRun | null | undefined): Asked[] {
  const given = (last?.given_inputs ?? {}) as JsonObject;
  return asked.map((each) => {
    const value = given[each.key];
    return value === undefined ? each : { ...each, known: true, value };
  });
}

interface StepFormProps {
  nodeId: string;
  title: string;
  container: Container;
  asked: readonly Asked[];
}

function StepForm({ nodeId, title, container, asked }: StepFormProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const running = useRunningStore();
  const appId = useWorkflow((state) => state.appId);
  const saving = useSaving();
  const [texts, setTexts] = useState(() => Object.fromEntries(asked.map((each) => [each.key, each.known ? textOf(each.value) : ""])));
  const [busy, setBusy] = useState(false);
  const goesOn = useRunning(({ stepTurn }) => stepTurn?.nodeId === nodeId && !stepTurn.turn.ended);
  const run = async () => {
    setBusy(true);
    try {
      if (!(await saving.flush())) throw new Error();
      const inputs: JsonObject = {};
      for (const each of asked) {
        const text = texts[each.key] ?? "";
        if (text !== "" || each.required) inputs[each.key] = valueOf(text, each.value);
      }
      if (container !== null) {
        await runContainer(running, appId, nodeId, { kind: container, inputs });
        await queries.invalidateQueries({ queryKey: ["workflow", appId, "tried"] });
        return;
      }
      const params = { path: { app_id: appId, node_id: nodeId } };
      const result = await call(api.POST("/apps/{app_id}/workflows/draft/nodes/{node_id}/run", { params, body: { inputs } }));
      running.setState((state) => ({
        looks: new Map([...state.looks, [nodeId, { status: result.status as StepStatus, elapsed: result.elapsed_time, retries: result.retry_index }]]),
      }));
      await queries.invalidateQueries({ queryKey: ["workflow", appId, "tried"] });
    } catch (error) {
      showToast("danger", isApiError(error) ? errorText(error) : t("running.notSaved"));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="flex min-h-0 flex-col gap-3 overflow-y-auto bg-surface p-3"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <h3 className="font-medium">{title}</h3>
      {asked.length === 0 && <p className="text-muted">{t("running.noInputs")}</p>}
      {asked.map((each) => {
        const id = `step-${nodeId}-${each.key}`;
        return (
          <Field key={each.key} id={id} label={each.selector.join(".")} optional={!each.required}>
            <TextArea
              {...fieldProps(id, undefined)}
              className="font-mono text-12"
              value={texts[each.key] ?? ""}
              onChange={(event) => setTexts({ ...texts, [each.key]: event.target.value })}
            />
          </Field>
        );
      })}
      {container !== null && (busy || goesOn) ? (
        <Button
          icon={<Square size={12} fill="currentColor" />}
          onClick={() => void stopContainer(running, appId).catch((error: unknown) => showToast("danger", errorText(error)))}
        >
          {t("chat.stop")}
        </Button>
      ) : (
        <Button type="submit" variant="primary" busy={busy} icon={<Play size={14} strokeWidth={1.5} />}>
          {t("running.runStep")}
        </Button>
      )}
    </form>
  );
}

function NodeResult({ run }: { run: NodeRun }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-3">
      <p className="flex items-center gap-3 text-muted">
        <StatusLabel status={run.status as StepStatus} />
        <span className="tabular">{formatDuration(run.elapsed_time)}</span>
      </p>
      {run.error !== null && <p className="rounded-control bg-danger-soft px-3 py-2 break-words whitespace-pre-wrap text-danger">{run.error}</p>}
      <Values title={t("runs.outputs")} value={run.outputs} />
      <Values title={t("runs.inputs")} value={run.inputs} />
      {run.process_data !== null && <Values title={t("runs.processData")} value={run.process_data} />}
      {run.execution_metadata !== null && <Values title={t("runs.metadata")} value={run.execution_metadata} />}
    </div>
  );
}

function textOf(value: JsonValue): string {
  return typeof value === "string" ? value : value === null ? "" : JSON.stringify(value, null, 2);
}

/** Text stays text where text was; anything else is read as JSON if it is any. */
function valueOf(text: string, before: JsonValue): JsonValue {
  if (typeof before === "string") return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
