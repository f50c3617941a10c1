import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/http";
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
}

/** One run: how it went, what was asked and answered, and every node with its data. */
export function RunPage({ runId, step, onStep }: RunPageProps) {
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
      <PageBar title={run.data?.app_name ?? "…"} crumbs={[{ id: "runs", content: toRuns }]} />
      {run.data !== undefined ? (
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
