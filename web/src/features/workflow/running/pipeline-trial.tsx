import { useQuery } from "@tanstack/react-query";
import { Layers, Play, Square } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import type { JsonObject, JsonValue } from "@/api/json";
import { StepsView } from "@/features/generation/steps-view";
import type { Turn } from "@/features/generation/turn";
import { ChunkPreview } from "@/features/knowledge/pipelines/chunk-preview";
import { PipelineForm } from "@/features/knowledge/pipelines/pipeline-form";
import type { PipelineSource } from "@/features/knowledge/pipelines/questions";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Spinner } from "@/ui/spinner";
import { StatusLabel } from "@/ui/status";
import { formatDuration } from "@/ui/time";
import type { FlowNode, PipelineVariable } from "../graph/types";
import { useWorkflow } from "../store";
import { useRunning } from "./running";
import { Outcome } from "./run-form";
import { useTryOut } from "./use-try-out";

/** Left what the draft of a pipeline reads and asks for, right what would be kept of it. */
export default function PipelineTrial() {
  const { t } = useTranslation();
  const appId = useWorkflow((state) => state.appId);
  const nodes = useWorkflow((state) => state.nodes);
  const questions = useWorkflow((state) => state.pipelineVariables);
  const turn = useRunning((state) => state.turn);
  const { pipeline, stop } = useTryOut();
  const base = useQuery({
    queryKey: ["datasets", "of-pipeline", appId],
    queryFn: ({ signal }) => call(api.GET("/rag/pipelines/{pipeline_id}", { params: { path: { pipeline_id: appId } }, signal })),
    staleTime: Infinity,
  });
  const busy = turn !== null && !turn.ended;
  return (
    <div className="grid h-full min-h-0 gap-px bg-line md:grid-cols-[minmax(300px,2fr)_3fr]">
      <div className="min-h-0 overflow-y-auto bg-surface p-3">
        <PipelineForm
          sources={sourcesOf(nodes, questions)}
          several={false}
          onSubmit={(order) => base.data !== undefined && pipeline(base.data.id, order as unknown as JsonObject)}
          actions={(ready) =>
            busy ? (
              <Button icon={<Square size={12} fill="currentColor" />} onClick={stop}>
                {t("chat.stop")}
              </Button>
            ) : (
              <Button type="submit" variant="primary" disabled={!ready || base.data === undefined} icon={<Play size={14} strokeWidth={1.5} />}>
                {t("running.start")}
              </Button>
            )
          }
        />
      </div>
      <div className="min-h-0 overflow-y-auto bg-surface p-3" aria-live="polite">
        {turn === null ? <Empty icon={<Layers size={28} strokeWidth={1.5} />} title={t("pipelines.preview.none")} text={t("pipelines.preview.noneText")} /> : <Result turn={turn} appId={appId} />}
      </div>
    </div>
  );
}

function Result({ turn, appId }: { turn: Turn; appId: string }) {
  const runId = useRunning((state) => state.runId);
  const end = turn.ended ? turn.steps.find((step) => step.type === "knowledge-index" && step.status === "succeeded") : undefined;
  const kept = useQuery({
    queryKey: ["workflow", appId, "tried", "chunks", runId],
    enabled: end !== undefined,
    queryFn: ({ signal }) =>
      call(api.GET("/apps/{app_id}/workflows/draft/nodes/{node_id}/last-run", { params: { path: { app_id: appId, node_id: end?.nodeId ?? "" } }, signal })),
  });
  return (
    <div className="flex flex-col gap-3">
      <p className="flex flex-wrap items-center gap-3 text-muted">
        <StatusLabel status={turn.status === "lost" ? "stopped" : turn.status} />
        {turn.elapsed !== null && <span className="tabular">{formatDuration(turn.elapsed)}</span>}
      </p>
      <StepsView turn={turn} />
      {end !== undefined && kept.isPending && <Spinner />}
      {kept.data?.outputs != null ? <ChunkPreview outputs={kept.data.outputs as JsonObject} /> : <Outcome turn={turn} />}
    </div>
  );
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

/** The data sources of the document as the server would tell them once it is saved. */
function sourcesOf(nodes: readonly FlowNode[], questions: readonly PipelineVariable[]): PipelineSource[] {
  return nodes
    .filter((node) => node.data.type === "datasource")
    .map(({ id, data }) => ({
      node_id: id,
      plugin_id: text(data.plugin_id),
      provider_name: text(data.provider_name),
      datasource_type: (data.provider_type ?? "local_file") as PipelineSource["datasource_type"],
      title: data.title,
      file_extensions: Array.isArray(data.fileExtensions) ? data.fileExtensions.map(String) : [],
      user_input_variables: questions.filter((each) => each.belong_to_node_id === "shared" || each.belong_to_node_id === id),
    }));
}
