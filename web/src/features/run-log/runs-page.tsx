import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Run } from "@/api/console";
import { isApiError } from "@/api/http";
import { appsQuery } from "@/features/apps/apps-query";
import { PageBar } from "@/features/shell/page-bar";
import { useErrorText } from "@/i18n/errors";
import { Button, buttonClass } from "@/ui/button";
import { Empty, Skeleton } from "@/ui/empty";
import { NativeSelect } from "@/ui/field";
import { StatusIcon } from "@/ui/status";
import { formatDuration, Time } from "@/ui/time";
import { previewOf } from "./preview";
import { runsQuery, type RunFilter } from "./runs-query";
import { useSourceName } from "./source-name";

const STATUSES = ["running", "succeeded", "partial-succeeded", "failed", "stopped"] as const;

interface RunsPageProps {
  filter: RunFilter;
  onFilter: (filter: RunFilter) => void;
}

/** Every run, newest first; the filter lives in the address. */
export function RunsPage({ filter, onFilter }: RunsPageProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const apps = useQuery(appsQuery);
  const runs = useInfiniteQuery(runsQuery(filter));
  const rows = runs.data?.pages.flatMap((page) => page.data) ?? [];
  const filtered = filter.app !== undefined || filter.status !== undefined;
  return (
    <>
      <PageBar title={t("runs.title")} />
      <div className="sticky top-0 z-10 flex flex-wrap items-center gap-2 border-b border-line bg-bg px-4 py-2">
        <NativeSelect
          aria-label={t("runs.filterApp")}
          className="min-w-0 max-md:flex-1 md:h-8! md:w-auto! md:max-w-60 md:text-13!"
          value={filter.app ?? ""}
          onChange={(event) => onFilter({ ...filter, app: event.target.value || undefined })}
        >
          <option value="">{t("runs.allApps")}</option>
          {apps.data?.map((app) => (
            <option key={app.id} value={app.id}>
              {app.name}
            </option>
          ))}
        </NativeSelect>
        <NativeSelect
          aria-label={t("runs.filterStatus")}
          className="min-w-0 max-md:flex-1 md:h-8! md:w-auto! md:text-13!"
          value={filter.status ?? ""}
          onChange={(event) => onFilter({ ...filter, status: event.target.value || undefined })}
        >
          <option value="">{t("runs.allStatuses")}</option>
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {t(`status.${status}`)}
            </option>
          ))}
        </NativeSelect>
        {filtered && (
          <Button variant="quiet" onClick={() => onFilter({})}>
            {t("runs.clearFilter")}
          </Button>
        )}
      </div>
      {runs.isPending ? (
        <div className="flex flex-col gap-2 p-4" aria-busy>
          {[1, 2, 3, 4, 5, 6].map((n) => (
            <Skeleton key={n} className="h-8 w-full" />
          ))}
        </div>
      ) : runs.error !== null && rows.length === 0 ? (
        <div role="alert" className="flex items-center gap-3 p-4 text-danger">
          {errorText(runs.error)}
          <Button onClick={() => void runs.refetch()}>{t("common.retry")}</Button>
        </div>
      ) : rows.length === 0 ? (
        <Empty
          icon={<Activity size={28} strokeWidth={1.5} />}
          title={filtered ? t("runs.noMatch") : t("runs.none")}
          text={filtered ? t("runs.noMatchText") : t("runs.noneText")}
          action={
            filtered ? (
              <Button onClick={() => onFilter({})}>{t("runs.clearFilter")}</Button>
            ) : (
              <Link to="/" className={buttonClass("plain")}>
                {t("runs.openApp")}
              </Link>
            )
          }
        />
      ) : (
        <>
          {isApiError(runs.error) && (
            <p role="status" className="border-b border-line bg-warn-soft px-4 py-1.5">
              {errorText(runs.error)}
            </p>
          )}
          <RunTable rows={rows} />
          {runs.hasNextPage && (
            <div className="flex justify-center p-4">
              <Button busy={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
                {t("common.loadMore")}
              </Button>
            </div>
          )}
        </>
      )}
    </>
  );
}

function RunTable({ rows }: { rows: readonly Run[] }) {
  const { t } = useTranslation();
  const head = "border-b border-line px-3 py-2 text-start text-12 font-medium text-muted whitespace-nowrap";
  return (
    <table className="w-full table-fixed border-separate border-spacing-0">
      <thead>
        <tr>
          <th className={`${head} w-10 pl-4`}>
            <span className="sr-only">{t("runs.status")}</span>
          </th>
          <th className={head}>{t("runs.run")}</th>
          <th className={`${head} w-44 max-md:hidden`}>{t("runs.app")}</th>
          <th className={`${head} w-32 max-lg:hidden`}>{t("runs.who")}</th>
          <th className={`${head} w-20 text-end! max-md:hidden`}>{t("runs.tokens")}</th>
          <th className={`${head} w-20 text-end! max-sm:hidden`}>{t("runs.time")}</th>
          <th className={`${head} w-28 pr-4 text-end!`}>{t("runs.when")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((run) => (
          <RunRow key={run.id} run={run} />
        ))}
      </tbody>
    </table>
  );
}

function RunRow({ run }: { run: Run }) {
  const { t, i18n } = useTranslation();
  const sourceName = useSourceName();
  const { asked, answered } = previewOf(run);
  const cell = "border-b border-line px-3 py-2 align-top";
  const second = run.error !== null && run.error !== "" ? run.error : answered;
  return (
    <tr className="relative hover:bg-sunken">
      <td className={`${cell} pl-4`}>
        <span className="flex h-5 items-center">
          <StatusIcon status={run.status} />
        </span>
      </td>
      <td className={cell}>
        <Link to="/logs/$runId" params={{ runId: run.id }} className="block truncate after:absolute after:inset-0">
          {asked === "" ? <span className="text-muted">{t("runs.noInput")}</span> : asked}
        </Link>
        <span className={`block truncate ${run.status === "failed" ? "text-danger" : "text-muted"}`}>
          {second === "" ? "–" : second}
        </span>
        <span className="block truncate text-12 text-muted md:hidden">{run.app_name}</span>
      </td>
      <td className={`${cell} max-md:hidden`}>
        <span className="block truncate">{run.app_name}</span>
        <span className="block truncate text-12 text-muted">{t(`apps.modes.${run.mode}`)}</span>
      </td>
      <td className={`${cell} max-lg:hidden`}>
        <span className="block truncate">{run.end_user ?? "–"}</span>
        <span className="block truncate text-12 text-muted">{sourceName(run.created_from)}</span>
      </td>
      <td className={`${cell} tabular text-end max-md:hidden`}>
        {run.total_tokens === null || run.total_tokens === 0 ? "–" : run.total_tokens.toLocaleString(i18n.language)}
      </td>
      <td className={`${cell} tabular text-end whitespace-nowrap max-sm:hidden`}>
        {run.elapsed_time === null ? "–" : formatDuration(run.elapsed_time)}
      </td>
      <td className={`${cell} tabular pr-4 text-end text-muted`}>
        <Time at={run.created_at} />
      </td>
    </tr>
  );
}
