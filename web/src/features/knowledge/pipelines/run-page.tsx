import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Play, Workflow } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { PageBar } from "@/features/shell/page-bar";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Spinner } from "@/ui/spinner";
import { PipelineForm } from "./pipeline-form";
import type { PipelineOrder } from "./questions";

/** Adds documents to a base through the form of its published pipeline. */
export function RunPage({ baseId, editable }: { baseId: string; editable: boolean }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const path = { dataset_id: baseId };
  const base = useQuery({
    queryKey: ["datasets", "one", baseId],
    queryFn: ({ signal }) => call(api.GET("/datasets/{dataset_id}", { params: { path }, signal })),
  });
  const sources = useQuery({
    queryKey: ["datasets", "sources", baseId],
    queryFn: async ({ signal }) => (await call(api.GET("/datasets/{dataset_id}/pipeline/sources", { params: { path }, signal }))).data,
    enabled: base.data?.is_published === true,
    gcTime: 0,
  });
  const run = useMutation({
    mutationFn: (order: PipelineOrder) => call(api.POST("/datasets/{dataset_id}/pipeline/run", { params: { path }, body: order })),
    onSuccess: async ({ batch }) => {
      await queries.invalidateQueries({ queryKey: ["datasets"] });
      await navigate({ to: "/datasets/$baseId/progress/$batch", params: { baseId, batch } });
    },
  });
  const unpublished = base.data?.is_published === false;
  const error = base.error ?? sources.error;
  return (
    <>
      <PageBar
        title={t("knowledgeSetup.addTo")}
        crumbs={[
          { id: "knowledge", content: t("knowledge.title") },
          { id: "base", content: <Link to="/datasets/$baseId" params={{ baseId }}>{base.data?.name ?? "…"}</Link> },
        ]}
      />
      <div className="mx-auto flex w-full max-w-180 flex-col gap-6 p-4">
        {unpublished ? (
          <Empty
            icon={<Workflow size={28} strokeWidth={1.5} />}
            title={t("pipelines.run.unpublished")}
            text={t("pipelines.run.unpublishedText")}
            action={
              editable ? (
                <Button variant="primary" onClick={() => void navigate({ to: "/datasets/$baseId/pipeline", params: { baseId } })}>
                  {t("pipelines.edit")}
                </Button>
              ) : undefined
            }
          />
        ) : error !== null ? (
          <p className="text-danger">{errorText(error)}</p>
        ) : sources.data === undefined ? (
          <Spinner />
        ) : (
          <>
            <p className="text-muted">{t("pipelines.run.about")}</p>
            <PipelineForm
              several
              sources={sources.data}
              onSubmit={(order) => run.mutate(order)}
              actions={(ready) => (
                <>
                  {run.error !== null && (
                    <p role="alert" className="text-danger">
                      {errorText(run.error)}
                    </p>
                  )}
                  <Button type="submit" variant="primary" className="self-start" busy={run.isPending} disabled={!ready} icon={<Play size={14} strokeWidth={1.5} />}>
                    {t("pipelines.run.start")}
                  </Button>
                </>
              )}
            />
          </>
        )}
      </div>
    </>
  );
}
