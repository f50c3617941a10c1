import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pause, Play, RotateCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { PageBar } from "@/features/shell/page-bar";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { Progress } from "@/ui/progress";
import { Spinner } from "@/ui/spinner";
import { showToast } from "@/ui/toast";

const POLL_MS = 1500;
const PAGE = 100;
const ENDED = new Set(["completed", "error", "paused"]);

type Step = Schemas["ProgressShown"];

/** The names of the documents of a base, until those that are wanted are known. */
async function namesOf(baseId: string, ids: readonly string[]): Promise<Record<string, string>> {
  const names: Record<string, string> = {};
  for (let page = 1, more = true; more && ids.some((id) => names[id] === undefined); page++) {
    const found = await call(api.GET("/datasets/{dataset_id}/documents", { params: { path: { dataset_id: baseId }, query: { page, limit: PAGE } } }));
    for (const { id, name } of found.data) names[id] = name;
    more = found.has_more;
  }
  return names;
}

/** How far the documents of one request are. The server goes on when nobody looks. */
export function ProgressPage({ baseId, batch }: { baseId: string; batch: string }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const path = { dataset_id: baseId };
  const key = ["datasets", "batch", baseId, batch];
  const steps = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => (await call(api.GET("/datasets/{dataset_id}/batch/{batch}/indexing-status", { params: { path: { ...path, batch } }, signal }))).data,
    refetchInterval: (query) => (query.state.data?.some((each) => !ENDED.has(each.indexing_status)) === true ? POLL_MS : false),
  });
  const ids = steps.data?.map((each) => each.id) ?? [];
  const names = useQuery({ queryKey: ["datasets", "batch-names", baseId, batch], enabled: ids.length > 0, queryFn: () => namesOf(baseId, ids), staleTime: Infinity });
  const change = async (work: Promise<unknown>) => {
    try {
      await work;
    } catch (error) {
      showToast("danger", errorText(error));
    }
    await queries.invalidateQueries({ queryKey: key });
  };
  if (steps.error !== null) return <p className="p-4 text-danger">{errorText(steps.error)}</p>;
  const list = steps.data ?? [];
  const done = list.filter((each) => each.indexing_status === "completed").length;
  return (
    <>
      <PageBar title={t("knowledgeSetup.progress.title")} crumbs={[{ id: "knowledge", content: t("knowledge.title") }]} />
      <div className="mx-auto flex w-full max-w-200 flex-col gap-4 p-4">
        {steps.data === undefined && <Spinner />}
        <p role="status" className="tabular">
          {t("knowledgeSetup.progress.done", { done, count: list.length })} <span className="text-muted">{t("knowledgeSetup.progress.leave")}</span>
        </p>
        <ul aria-label={t("knowledgeSetup.list.documents")} className="flex flex-col gap-2">
          {list.map((step) => {
            const name = names.data?.[step.id] ?? "…";
            const where = { params: { path: { ...path, document_id: step.id } } };
            return (
              <li key={step.id} className="flex items-center gap-3 rounded-card border border-line bg-surface p-3">
                <span className="min-w-0 flex-1">
                  <span className="block truncate">{name}</span>
                  {step.error !== null && <span className="block text-12 break-words text-danger">{step.error}</span>}
                  {!ENDED.has(step.indexing_status) && <Progress label={name} share={shareOf(step)} />}
                </span>
                <Badge tone={toneOf(step.indexing_status)}>{t(`knowledgeSetup.progress.states.${step.indexing_status as "waiting"}`)}</Badge>
                {!ENDED.has(step.indexing_status) && (
                  <IconButton label={t("knowledgeSetup.progress.pause", { name })} onClick={() => void change(api.PATCH("/datasets/{dataset_id}/documents/{document_id}/processing/pause", where))}>
                    <Pause size={16} strokeWidth={1.5} />
                  </IconButton>
                )}
                {step.indexing_status === "paused" && (
                  <IconButton label={t("knowledgeSetup.progress.resume", { name })} onClick={() => void change(api.PATCH("/datasets/{dataset_id}/documents/{document_id}/processing/resume", where))}>
                    <Play size={16} strokeWidth={1.5} />
                  </IconButton>
                )}
                {step.indexing_status === "error" && (
                  <IconButton label={t("knowledgeSetup.list.retry", { name })} onClick={() => void change(api.POST("/datasets/{dataset_id}/retry", { params: { path }, body: { document_ids: [step.id] } }))}>
                    <RotateCw size={16} strokeWidth={1.5} />
                  </IconButton>
                )}
              </li>
            );
          })}
        </ul>
        <Link to="/datasets/$baseId" params={{ baseId }} className="self-start text-accent underline">
          {t("knowledgeSetup.progress.open")}
        </Link>
      </div>
    </>
  );
}

function shareOf(step: Step): number | null {
  return step.total_segments > 0 ? step.completed_segments / step.total_segments : null;
}

function toneOf(status: string): "danger" | "ok" | "plain" {
  if (status === "error") return "danger";
  return status === "completed" ? "ok" : "plain";
}
