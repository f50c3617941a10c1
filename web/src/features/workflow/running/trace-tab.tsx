import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { consoleApi } from "@/api/console";
import { StepsView } from "@/features/generation/steps-view";
import { NodeTable } from "@/features/run-log/node-table";
import { replayable } from "@/features/replay/api";
import { ReplayLinks } from "@/features/replay/replay-links";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Spinner } from "@/ui/spinner";
import { StatusLabel } from "@/ui/status";
import { formatDuration } from "@/ui/time";
import { useWorkflow } from "../store";
import { useRunning, useRunningStore } from "./running";
import { useTryOut } from "./use-try-out";

const CompareView = lazy(async () => ({ default: (await import("@/features/replay/compare-view")).CompareView }));
const ReplayDialog = lazy(async () => ({ default: (await import("@/features/replay/replay-dialog")).ReplayDialog }));

/** The nodes of the run that is shown on one scale of time, with what went in and out. */
export function TraceTab() {
  const { t } = useTranslation();
  const turn = useRunning((state) => state.turn);
  const runId = useRunning((state) => state.runId);
  if (turn !== null && !turn.ended) {
    return (
      <div className="p-3">
        <StepsView turn={turn} defaultOpen />
      </div>
    );
  }
  if (runId === null) return <p className="p-3 text-muted">{t("running.noTrace")}</p>;
  return <Trace key={runId} runId={runId} />;
}

function Trace({ runId }: { runId: string }) {
  const { t, i18n } = useTranslation();
  const errorText = useErrorText();
  const appId = useWorkflow((state) => state.appId);
  const running = useRunningStore();
  const { replay } = useTryOut();
  const [step, setStep] = useState<string | null>(null);
  const [replayFrom, setReplayFrom] = useState<string | null>(null);
  const [compared, setCompared] = useState<{ origin: string; again: string } | null>(null);
  const run = useQuery({ queryKey: ["workflow", appId, "tried", "run", runId], queryFn: () => consoleApi.run(runId) });
  if (run.error !== null) {
    return (
      <p className="flex items-center gap-3 p-3 text-danger">
        {errorText(run.error)}
        <Button size="small" onClick={() => void run.refetch()}>
          {t("common.retry")}
        </Button>
      </p>
    );
  }
  if (run.data === undefined) return <p className="p-3">{<Spinner />}</p>;
  const { status, elapsed_time: elapsed, total_tokens: tokens, error } = run.data;
  return (
    <div className="flex flex-col gap-3 p-3">
      <p className="flex flex-wrap items-center gap-3 text-muted">
        <StatusLabel status={status} />
        {elapsed !== null && <span className="tabular">{formatDuration(elapsed)}</span>}
        {tokens !== null && <span className="tabular">{t("running.tokens", { count: tokens, shown: tokens.toLocaleString(i18n.language) })}</span>}
      </p>
      {error !== null && error !== "" && <p className="rounded-control bg-danger-soft px-3 py-2 break-words whitespace-pre-wrap text-danger">{error}</p>}
      <ReplayLinks
        run={run.data}
        onOpen={(id) => running.setState({ runId: id, turn: null })}
        onCompare={(origin, again) => setCompared({ origin, again })}
      />
      <NodeTable run={run.data} step={step} onStep={setStep} onReplay={replayable(run.data) ? (node) => setReplayFrom(node.node_id) : undefined} />
      <Suspense>
        {replayFrom !== null && (
          <ReplayDialog runId={runId} nodeId={replayFrom} onClose={() => setReplayFrom(null)} onStart={(order) => replay(runId, order)} />
        )}
        {compared !== null && (
          <Dialog open size="full" title={t("replay.comparing")} onOpenChange={() => setCompared(null)}>
            <CompareView left={compared.origin} right={compared.again} />
          </Dialog>
        )}
      </Suspense>
    </div>
  );
}
