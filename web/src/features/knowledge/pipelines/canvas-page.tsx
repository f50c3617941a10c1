import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { PageBar } from "@/features/shell/page-bar";
import { WorkflowPage } from "@/features/workflow/workflow-page";
import { useErrorText } from "@/i18n/errors";
import { Spinner } from "@/ui/spinner";

interface CanvasPageProps {
  baseId: string;
  account: { id: string; name: string };
  nodeId: string | null;
  onNode: (id: string | null) => void;
}

/** The pipeline of a knowledge base on its canvas. */
export function CanvasPage({ baseId, ...rest }: CanvasPageProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const base = useQuery({
    queryKey: ["datasets", "one", baseId],
    queryFn: ({ signal }) => call(api.GET("/datasets/{dataset_id}", { params: { path: { dataset_id: baseId } }, signal })),
  });
  // What is published here decides what the pages of the base offer.
  useEffect(() => () => void queries.invalidateQueries({ queryKey: ["datasets"] }), [queries]);
  if (base.error !== null) return <p className="p-4 text-danger">{errorText(base.error)}</p>;
  if (base.data === undefined) return <p className="p-4">{<Spinner />}</p>;
  const pipelineId = base.data.pipeline_id ?? null;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageBar
        title={t("pipelinePage.title")}
        crumbs={[
          { id: "knowledge", content: <Link to="/datasets">{t("knowledge.title")}</Link> },
          { id: "base", content: <Link to="/datasets/$baseId" params={{ baseId }}>{base.data.name}</Link> },
        ]}
        actions={
          <Link to="/datasets/$baseId/run" params={{ baseId }} className="rounded-control px-2 py-1 whitespace-nowrap text-muted hover:text-text">
            {t("pipelinePage.add")}
          </Link>
        }
      />
      {pipelineId === null ? (
        <p className="p-4 text-muted">{t("pipelinePage.none")}</p>
      ) : (
        <WorkflowPage key={pipelineId} {...rest} appId={pipelineId} editable pipelineOf={{ id: baseId, name: base.data.name }} />
      )}
    </div>
  );
}
