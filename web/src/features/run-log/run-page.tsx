import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeft, SearchX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/http";
import { CompareView } from "@/features/replay/compare-view";
import { PageBar } from "@/features/shell/page-bar";
import { useErrorText } from "@/i18n/errors";
import { Button, buttonClass } from "@/ui/button";
import { Empty, Skeleton } from "@/ui/empty";
import { RunView } from "./run-view";
import { runQuery } from "./runs-query";

interface RunPageProps {
  runId: string;
  step: string | null;
  onStep: (step: string | null) => void;
  /** The run that this one is compared with. */
  against: string | null;
}

/** One run: how it went, what was asked and answered, and every node with its data. */
export function RunPage({ runId, step, onStep, against }: RunPageProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const run = useQuery(runQuery(runId));
  const toRuns = (
    <Link to="/logs" className="hover:text-text">
      {t("runs.title")}
    </Link>
  );
  return (
    <>
      <PageBar title={against === null ? (run.data?.app_name ?? "…") : t("replay.comparing")} crumbs={[{ id: "runs", content: toRuns }]} />
      {against !== null ? (
        <div className="flex flex-col gap-4 p-4 md:p-6">
          <Link to="/logs/$runId" params={{ runId }} className={buttonClass("quiet", "small", "self-start")}>
            <ArrowLeft size={14} strokeWidth={1.5} aria-hidden />
            {t("replay.back")}
          </Link>
          <CompareView left={against} right={runId} />
        </div>
      ) : run.data !== undefined ? (
        <RunView run={run.data} step={step} onStep={onStep} />
      ) : run.error === null ? (
        <div className="flex flex-col gap-3 p-6" aria-busy>
          <Skeleton className="h-10 w-full" />
          <Skeleton className="h-40 w-full" />
        </div>
      ) : isApiError(run.error, 404) ? (
        <Empty
          icon={<SearchX size={28} strokeWidth={1.5} />}
          title={t("runs.notFound")}
          text={t("runs.notFoundText")}
          action={
            <Link to="/logs" className={buttonClass("plain")}>
              {t("runs.title")}
            </Link>
          }
        />
      ) : (
        <div role="alert" className="flex items-center gap-3 p-6 text-danger">
          {errorText(run.error)}
          <Button onClick={() => void run.refetch()}>{t("common.retry")}</Button>
        </div>
      )}
    </>
  );
}
