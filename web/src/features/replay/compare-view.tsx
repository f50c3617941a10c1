import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RunDetail, RunNode } from "@/api/console";
import type { JsonValue } from "@/api/json";
import { runQuery } from "@/features/run-log/runs-query";
import { tokensOf } from "@/features/run-log/waterfall";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { NodeIcon } from "@/ui/node-icon";
import { Spinner } from "@/ui/spinner";
import { StatusIcon, StatusLabel } from "@/ui/status";
import { formatDuration, Time } from "@/ui/time";
import { pairNodes, priceOf, type NodePair } from "./comparison";
import { linesOf, pairLines } from "./lines";

/** Two runs side by side: what came out, how long it took, what it cost, node by node. */
export function CompareView({ left, right }: { left: string; right: string }) {
  const errorText = useErrorText();
  const one = useQuery(runQuery(left));
  const other = useQuery(runQuery(right));
  const error = one.error ?? other.error;
  if (error !== null) return <p className="text-danger">{errorText(error)}</p>;
  if (one.data === undefined || other.data === undefined) return <Spinner />;
  return <Comparison left={one.data} right={other.data} />;
}

interface Sides {
  left: RunDetail;
  right: RunDetail;
}

function Comparison({ left, right }: Sides) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-6">
      <Totals left={left} right={right} />
      <section>
        <h2 className="mb-2 text-14 font-semibold">{t("runs.outputs")}</h2>
        <SideBySide left={resultOf(left)} right={resultOf(right)} />
      </section>
      <section>
        <h2 className="mb-2 text-14 font-semibold">{t("runs.steps")}</h2>
        <NodePairs left={left} right={right} />
      </section>
    </div>
  );
}

function resultOf(run: RunDetail): JsonValue {
  if (run.error !== null && run.error !== "") return run.error;
  return run.message == null ? run.outputs : run.message.answer;
}

const HEAD = "border-b border-line px-3 py-1.5 text-start text-12 font-medium text-muted whitespace-nowrap";
const CELL = "border-b border-line px-3 py-1.5";

function Totals({ left, right }: Sides) {
  const { t, i18n } = useTranslation();
  const number = (value: number) => value.toLocaleString(i18n.language);
  const seconds = (value: number) => formatDuration(Math.abs(value));
  const price = (value: number) => value.toLocaleString(i18n.language, { style: "currency", currency: left.currency || "USD", maximumFractionDigits: 6 });
  const rows = [
    { label: t("runs.time"), of: (run: RunDetail) => run.elapsed_time ?? 0, show: seconds },
    { label: t("runs.tokens"), of: (run: RunDetail) => run.total_tokens ?? 0, show: number },
    { label: t("replay.cost"), of: (run: RunDetail) => Number(run.total_price), show: price },
    { label: t("runs.stepCount"), of: (run: RunDetail) => run.total_steps ?? 0, show: number },
  ];
  return (
    <div className="overflow-x-auto rounded-card border border-line bg-surface">
      <table className="tabular w-full border-separate border-spacing-0" aria-label={t("replay.totals")}>
        <thead>
          <tr>
            <th className={HEAD}>
              <span className="sr-only">{t("replay.figure")}</span>
            </th>
            <th className={HEAD}>{t("replay.origin")}</th>
            <th className={HEAD}>{t("replay.again")}</th>
            <th className={`${HEAD} max-sm:hidden`}>{t("replay.difference")}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row" className={`${CELL} text-start font-normal text-muted`}>
              {t("runs.status")}
            </th>
            {[left, right].map((run) => (
              <td key={run.id} className={CELL}>
                <StatusLabel status={run.status} />
              </td>
            ))}
            <td className={`${CELL} max-sm:hidden`} />
          </tr>
          <tr>
            <th scope="row" className={`${CELL} text-start font-normal text-muted`}>
              {t("runs.when")}
            </th>
            {[left, right].map((run) => (
              <td key={run.id} className={CELL}>
                <Time at={run.created_at} />
              </td>
            ))}
            <td className={`${CELL} max-sm:hidden`} />
          </tr>
          {rows.map(({ label, of, show }) => {
            const change = of(right) - of(left);
            return (
              <tr key={label}>
                <th scope="row" className={`${CELL} text-start font-normal text-muted`}>
                  {label}
                </th>
                <td className={CELL}>{show(of(left))}</td>
                <td className={CELL}>{show(of(right))}</td>
                <td className={clsx(CELL, "max-sm:hidden", change < 0 ? "text-ok" : change > 0 ? "text-warn" : "text-muted")}>
                  {change === 0 ? "=" : `${change < 0 ? "−" : "+"}${show(Math.abs(change))}`}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function NodePairs({ left, right }: Sides) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<string | null>(null);
  return (
    <div className="overflow-x-auto rounded-card border border-line bg-surface">
      <table className="w-full border-separate border-spacing-0" aria-label={t("replay.nodes")}>
        <thead>
          <tr>
            <th className={HEAD}>{t("runs.node")}</th>
            <th className={HEAD}>{t("runs.outputs")}</th>
            <th className={`${HEAD} text-end! max-sm:hidden`}>{t("runs.time")}</th>
            <th className={`${HEAD} text-end! max-md:hidden`}>{t("runs.tokens")}</th>
            <th className={`${HEAD} text-end! max-md:hidden`}>{t("replay.cost")}</th>
          </tr>
        </thead>
        <tbody>
          {pairNodes(left, right).map((pair) => (
            <PairRow key={pair.nodeId} pair={pair} open={open === pair.nodeId} onOpen={() => setOpen(open === pair.nodeId ? null : pair.nodeId)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function PairRow({ pair, open, onOpen }: { pair: NodePair; open: boolean; onOpen: () => void }) {
  const { t, i18n } = useTranslation();
  const { left, right, kept } = pair;
  const two = (show: (node: RunNode) => string) => `${left === null ? "–" : show(left)} → ${right === null ? "–" : kept ? t("replay.kept") : show(right)}`;
  const tokens = (node: RunNode) => (tokensOf(node) ?? 0).toLocaleString(i18n.language);
  const price = (node: RunNode) => priceOf(node).toLocaleString(i18n.language, { maximumFractionDigits: 6 });
  const duration = (node: RunNode) => (node.elapsed_time === null ? "–" : formatDuration(node.elapsed_time));
  const numeric = `${CELL} tabular text-end whitespace-nowrap`;
  return (
    <>
      <tr className="relative hover:bg-sunken">
        <td className={CELL}>
          <span className="flex items-center gap-2">
            <StatusIcon status={(right ?? left)?.status ?? "stopped"} />
            <NodeIcon type={pair.type} />
            <button type="button" aria-expanded={open} onClick={onOpen} className="min-w-0 truncate text-start after:absolute after:inset-0">
              {pair.title}
            </button>
          </span>
        </td>
        <td className={CELL}>
          {kept && pair.sameOutputs ? (
            <Badge>{t("replay.kept")}</Badge>
          ) : left === null ? (
            <Badge tone="accent">{t("replay.onlyAgain")}</Badge>
          ) : right === null ? (
            <Badge tone="warn">{t("replay.onlyOrigin")}</Badge>
          ) : pair.sameOutputs ? (
            <Badge tone="ok">{t("replay.same")}</Badge>
          ) : (
            <Badge tone="accent">{t("replay.different")}</Badge>
          )}
        </td>
        <td className={`${numeric} max-sm:hidden`}>{two(duration)}</td>
        <td className={`${numeric} max-md:hidden`}>{two(tokens)}</td>
        <td className={`${numeric} max-md:hidden`}>{two(price)}</td>
      </tr>
      {open && (
        <tr>
          <td colSpan={5} className="border-b border-line bg-bg p-3">
            <div className="flex flex-col gap-3">
              <Labelled title={t("runs.inputs")}>
                <SideBySide left={left?.inputs ?? null} right={right?.inputs ?? null} />
              </Labelled>
              <Labelled title={t("runs.outputs")}>
                <SideBySide left={left?.error || left?.outputs || null} right={right?.error || right?.outputs || null} />
              </Labelled>
            </div>
          </td>
        </tr>
      )}
    </>
  );
}

function Labelled({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="min-w-0">
      <h3 className="mb-1 text-12 font-medium text-muted">{title}</h3>
      {children}
    </section>
  );
}

/** Two values as lines beside each other, what differs in colour. */
function SideBySide({ left, right }: { left: JsonValue; right: JsonValue }) {
  const { t } = useTranslation();
  const pairs = pairLines(linesOf(left), linesOf(right));
  if (pairs.length === 0) return <p className="text-muted">–</p>;
  const line = "min-h-5 px-2 break-words whitespace-pre-wrap";
  return (
    <div className="overflow-hidden rounded-control border border-line bg-surface font-mono text-12 leading-5">
      <div className="grid grid-cols-2 border-b border-line font-sans text-muted">
        <span className="px-2">{t("replay.origin")}</span>
        <span className="border-l border-line px-2">{t("replay.again")}</span>
      </div>
      {pairs.map((pair, at) => (
        <div key={at} className="grid grid-cols-2">
          <span className={clsx(line, !pair.same && pair.left !== null && "bg-danger-soft")}>{pair.left}</span>
          <span className={clsx(line, "border-l border-line", !pair.same && pair.right !== null && "bg-ok-soft")}>{pair.right}</span>
        </div>
      ))}
    </div>
  );
}
