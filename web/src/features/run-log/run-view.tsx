import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { RunDetail } from "@/api/console";
import { beginReplay, replayable } from "@/features/replay/api";
import { ReplayLinks } from "@/features/replay/replay-links";
import { CopyButton } from "@/ui/copy-button";
import { Markdown } from "@/ui/markdown/markdown";
import { StatusLabel } from "@/ui/status";
import { formatDuration, Time } from "@/ui/time";
import { NodeTable } from "./node-table";
import { useSourceName } from "./source-name";
import { Values } from "./values";

const ReplayDialog = lazy(async () => ({ default: (await import("@/features/replay/replay-dialog")).ReplayDialog }));

/** A run whole: its facts, what went in and came out, and every node. */
export function RunView({ run, step, onStep }: { run: RunDetail; step: string | null; onStep: (step: string | null) => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [replayFrom, setReplayFrom] = useState<string | null>(null);
  const { message } = run;
  return (
    <div className="flex flex-col gap-6 p-4 md:p-6" aria-live="polite">
      <Facts run={run} />
      <ReplayLinks run={run} />
      {run.error !== null && run.error !== "" && (
        <p role="alert" className="rounded-card border border-danger/40 bg-danger-soft px-3 py-2 break-words whitespace-pre-wrap">
          {run.error}
        </p>
      )}
      {message != null ? (
        <section className="flex max-w-188 flex-col gap-4 rounded-card border border-line bg-surface p-4">
          {message.query === "" ? (
            <Values title={t("runs.inputs")} value={run.inputs} />
          ) : (
            <div className="max-w-[85%] self-end rounded-dialog bg-accent-soft px-4 py-2.5 text-14 break-words whitespace-pre-wrap">
              {message.query}
            </div>
          )}
          {message.answer !== "" && <Markdown text={message.answer} />}
        </section>
      ) : (
        <div className="grid gap-4 lg:grid-cols-2">
          <Values title={t("runs.inputs")} value={run.inputs} />
          <Values title={t("runs.outputs")} value={run.outputs} />
        </div>
      )}
      <section>
        <h2 className="mb-2 text-14 font-semibold">{t("runs.steps")}</h2>
        {run.nodes.length === 0 ? (
          <p className="text-muted">{t("runs.noSteps")}</p>
        ) : (
          <NodeTable run={run} step={step} onStep={onStep} onReplay={replayable(run) ? (node) => setReplayFrom(node.node_id) : undefined} />
        )}
      </section>
      {message != null && (
        <details className="group">
          <summary className="inline-block rounded-control text-muted hover:text-text">{t("runs.rawValues")}</summary>
          <div className="mt-3 grid gap-4 lg:grid-cols-2">
            <Values title={t("runs.inputs")} value={run.inputs} />
            <Values title={t("runs.outputs")} value={run.outputs} />
          </div>
        </details>
      )}
      {replayFrom !== null && (
        <Suspense>
          <ReplayDialog
            runId={run.id}
            nodeId={replayFrom}
            onClose={() => setReplayFrom(null)}
            onStart={async (order) => {
              const again = await beginReplay(run.id, order);
              await navigate({ to: "/logs/$runId", params: { runId: again } });
            }}
          />
        </Suspense>
      )}
    </div>
  );
}

function Facts({ run }: { run: RunDetail }) {
  const { t, i18n } = useTranslation();
  const sourceName = useSourceName();
  const number = (value: number | null) => (value === null ? "–" : value.toLocaleString(i18n.language));
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-3">
      <Fact label={t("runs.status")}>
        <StatusLabel status={run.status} />
      </Fact>
      <Fact label={t("runs.when")}>
        <Time at={run.created_at} />
      </Fact>
      <Fact label={t("runs.time")}>{run.elapsed_time === null ? "–" : formatDuration(run.elapsed_time)}</Fact>
      <Fact label={t("runs.tokens")}>{number(run.total_tokens)}</Fact>
      <Fact label={t("runs.stepCount")}>{number(run.total_steps)}</Fact>
      <Fact label={t("runs.who")}>{run.end_user ?? "–"}</Fact>
      {Number(run.total_price) > 0 && (
        <Fact label={t("replay.cost")}>
          {Number(run.total_price).toLocaleString(i18n.language, { style: "currency", currency: run.currency || "USD", maximumFractionDigits: 6 })}
        </Fact>
      )}
      {run.created_from !== null && <Fact label={t("runs.from")}>{sourceName(run.created_from)}</Fact>}
      <Fact label={t("runs.id")}>
        <span className="flex items-center gap-1 font-mono text-12">
          <span title={run.id}>{run.id.slice(0, 8)}…</span>
          <CopyButton text={run.id} className="-my-1" />
        </span>
      </Fact>
    </dl>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-12 text-muted">{label}</dt>
      <dd className="tabular flex h-6 items-center font-medium">{children}</dd>
    </div>
  );
}

