import clsx from "clsx";
import { ChevronRight, RotateCw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RunDetail, RunNode } from "@/api/console";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { NodeIcon } from "@/ui/node-icon";
import { StatusIcon } from "@/ui/status";
import { useMedia } from "@/ui/use-media";
import { currentSeconds, formatDuration } from "@/ui/time";
import { Values } from "./values";
import { keptFrom, roundOf, spansOf, tokensOf, type Span } from "./waterfall";

interface NodeTableProps {
  run: RunDetail;
  /** The opened node's execution id. */
  step: string | null;
  onStep: (step: string | null) => void;
  /** Asked for another run from a node on; absent where there can be none. */
  onReplay?: ((node: RunNode) => void) | undefined;
}

/** Children of a container that are drawn before one asks for more. */
const PAGE = 100;

/** The nodes of a run in order, each with its bar on the run's time, and its data on click. */
export function NodeTable({ run, step, onStep, onReplay }: NodeTableProps) {
  const { t } = useTranslation();
  const spans = spansOf(run, currentSeconds());
  // Tokens and the timeline are left out on small screens; rows across all columns must not bring them back.
  const columns = 2 + Number(useMedia("(width >= 769px)")) + Number(useMedia("(width >= 641px)"));
  const head = "border-b border-line px-3 py-1.5 text-start text-12 font-medium text-muted whitespace-nowrap";
  return (
    <div className="overflow-hidden rounded-card border border-line bg-surface">
      <table className="w-full table-fixed border-separate border-spacing-0">
        <thead>
          <tr>
            <th className={head}>{t("runs.node")}</th>
            <th className={`${head} w-20 text-end! max-md:hidden`}>{t("runs.tokens")}</th>
            <th className={`${head} w-22 text-end!`}>{t("runs.time")}</th>
            <th className={`${head} w-[36%] max-sm:hidden`}>{t("runs.waterfall")}</th>
          </tr>
        </thead>
        <tbody>
          {spans.map((span) => (
            <Rows key={span.node.id} span={span} depth={0} columns={columns} step={step} onStep={onStep} onReplay={onReplay} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowsProps extends Omit<NodeTableProps, "run"> {
  span: Span;
  depth: number;
  columns: number;
}

function Rows({ span, depth, columns, step, onStep, onReplay }: RowsProps) {
  const { t } = useTranslation();
  const { node, children } = span;
  const [unfolded, setUnfolded] = useState(() => children.some((child) => child.node.id === step));
  const [limit, setLimit] = useState(PAGE);
  const open = step === node.id;
  return (
    <>
      <NodeRow span={span} depth={depth} open={open} onOpen={() => onStep(open ? null : node.id)} />
      {open && (
        <tr>
          <td colSpan={columns} className="border-b border-line bg-bg p-3">
            <NodeData node={node} onReplay={onReplay} />
          </td>
        </tr>
      )}
      {children.length > 0 && (
        <tr>
          <td colSpan={columns} className="border-b border-line px-3 py-0.5">
            <button
              type="button"
              aria-expanded={unfolded}
              onClick={() => setUnfolded(!unfolded)}
              className="ml-6 flex min-h-7 items-center gap-1 rounded-control px-1 text-12 text-muted hover:text-text"
            >
              <ChevronRight size={14} className={clsx("transition-transform", unfolded && "rotate-90")} />
              {t("runs.innerSteps", { count: children.length })}
            </button>
          </td>
        </tr>
      )}
      {unfolded &&
        children
          .slice(0, limit)
          .map((child) => (
            <Rows key={child.node.id} span={child} depth={depth + 1} columns={columns} step={step} onStep={onStep} onReplay={onReplay} />
          ))}
      {unfolded && children.length > limit && (
        <tr>
          <td colSpan={columns} className="border-b border-line p-2 text-center">
            <Button size="small" onClick={() => setLimit(limit + PAGE)}>
              {t("common.loadMore")}
            </Button>
          </td>
        </tr>
      )}
    </>
  );
}

function NodeRow({ span, depth, open, onOpen }: { span: Span; depth: number; open: boolean; onOpen: () => void }) {
  const { t, i18n } = useTranslation();
  const { node } = span;
  const cell = "border-b border-line px-3 py-1 h-9";
  const round = roundOf(node);
  const tokens = tokensOf(node);
  return (
    <tr className={clsx("relative hover:bg-sunken", open && "bg-sunken")}>
      <td className={cell}>
        <div className="flex items-center gap-2" style={{ paddingInlineStart: depth * 20 }}>
          <StatusIcon status={node.status} />
          <NodeIcon type={node.node_type} running={node.status === "running"} />
          <button type="button" aria-expanded={open} onClick={onOpen} className="min-w-0 truncate text-start after:absolute after:inset-0">
            {node.title}
          </button>
          {round !== null && <span className="tabular shrink-0 text-12 text-muted">{t("steps.round", { number: round + 1 })}</span>}
          {node.retry_index !== null && node.retry_index > 0 && (
            <span className="shrink-0 text-12 text-warn">{t("steps.retried", { count: node.retry_index })}</span>
          )}
          {keptFrom(node) !== null && <Badge>{t("replay.kept")}</Badge>}
          <span className="ml-auto shrink-0 font-mono text-12 text-muted max-lg:hidden">{node.node_type}</span>
        </div>
      </td>
      <td className={`${cell} tabular text-end max-md:hidden`}>{tokens === null ? "" : tokens.toLocaleString(i18n.language)}</td>
      <td className={`${cell} tabular text-end whitespace-nowrap`}>{node.elapsed_time === null ? "" : formatDuration(node.elapsed_time)}</td>
      <td className={`${cell} max-sm:hidden`}>
        <div className="relative h-2 rounded-full bg-sunken" aria-hidden>
          <div
            className={clsx("absolute inset-y-0 min-w-0.5 rounded-full", barTone(node))}
            style={{ left: `${span.start * 100}%`, width: `${span.length * 100}%` }}
          />
        </div>
      </td>
    </tr>
  );
}

function barTone(node: RunNode): string {
  if (node.status === "failed") return "bg-danger";
  if (node.status === "exception") return "bg-warn";
  return node.status === "running" ? "animate-pulse-soft bg-accent" : "bg-accent";
}

function NodeData({ node, onReplay }: { node: RunNode; onReplay: NodeTableProps["onReplay"] }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-3">
      {onReplay !== undefined && (
        <Button size="small" className="self-start" icon={<RotateCw size={14} strokeWidth={1.5} />} onClick={() => onReplay(node)}>
          {t("replay.fromHere")}
        </Button>
      )}
      {node.error !== null && node.error !== "" && (
        <p className="rounded-control bg-danger-soft px-3 py-2 break-words whitespace-pre-wrap text-danger">{node.error}</p>
      )}
      <div className="grid gap-3 lg:grid-cols-2">
        <Values title={t("runs.inputs")} value={node.inputs} />
        <Values title={t("runs.outputs")} value={node.outputs} />
        {node.process_data !== null && <Values title={t("runs.processData")} value={node.process_data} />}
        {node.execution_metadata !== null && <Values title={t("runs.metadata")} value={node.execution_metadata} />}
      </div>
    </div>
  );
}
