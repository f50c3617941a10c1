import { useInfiniteQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { consoleApi } from "@/api/console";
import type { RunStatus } from "@/api/events";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Spinner } from "@/ui/spinner";
import { StatusIcon } from "@/ui/status";
import { formatDuration, Time } from "@/ui/time";
import { showToast } from "@/ui/toast";
import { useWorkflow } from "../store";
import { looksOfNodes } from "./logged";
import { useRunning, useRunningStore } from "./running";

type Entry = Schemas["RunEntry"];

const PAGE = 20;

/** Runs of the draft, newest first; a click shows one on the canvas and in the trace. */
export function HistoryTab() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const appId = useWorkflow((state) => state.appId);
  const shown = useRunning((state) => state.runId);
  const running = useRunningStore();
  const runs = useInfiniteQuery({
    queryKey: ["workflow", appId, "tried", "runs"],
    queryFn: ({ pageParam }) =>
      call(api.GET("/apps/{app_id}/workflow-runs", { params: { path: { app_id: appId }, query: { limit: PAGE, last_id: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.has_more ? page.data.at(-1)?.id : undefined),
  });
  const show = async (id: string) => {
    try {
      const { nodes } = await consoleApi.run(id);
      running.setState({ runId: id, turn: null, looks: looksOfNodes(nodes), tab: "trace" });
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  if (runs.error !== null) return <p className="p-3 text-danger">{errorText(runs.error)}</p>;
  if (runs.data === undefined) return <p className="p-3">{<Spinner />}</p>;
  const entries = runs.data.pages.flatMap((page) => page.data);
  if (entries.length === 0) return <p className="p-3 text-muted">{t("running.noHistory")}</p>;
  return (
    <div className="p-2">
      <ul>
        {entries.map((entry) => (
          <li key={entry.id}>
            <button
              type="button"
              aria-current={entry.id === shown}
              onClick={() => void show(entry.id)}
              className={clsx("flex min-h-9 w-full items-center gap-2 rounded-control px-2 text-start hover:bg-sunken", entry.id === shown && "bg-sunken")}
            >
              <StatusIcon status={entry.status as RunStatus} />
              <span className="min-w-0 flex-1 truncate">{titleOf(entry)}</span>
              <span className="tabular text-12 text-muted">{formatDuration(entry.elapsed_time)}</span>
              <span className="text-12 text-muted">
                <Time at={entry.created_at} />
              </span>
            </button>
          </li>
        ))}
      </ul>
      {runs.hasNextPage && (
        <Button size="small" className="mt-2 ml-2" busy={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
          {t("common.loadMore")}
        </Button>
      )}
    </div>
  );
}

function titleOf(entry: Entry): string {
  if (entry.query !== null && entry.query !== "") return entry.query;
  return entry.error ?? entry.created_by_account?.name ?? entry.id.slice(0, 8);
}
