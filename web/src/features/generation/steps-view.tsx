import clsx from "clsx";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { NodeIcon } from "@/ui/node-icon";
import { StatusIcon } from "@/ui/status";
import { formatDuration } from "@/ui/time";
import type { Step } from "./steps";
import type { Turn } from "./turn";

/** The nodes of a run: one line while it works, the whole list on click. */
export function StepsView({ turn, defaultOpen = false }: { turn: Turn; defaultOpen?: boolean }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(defaultOpen);
  if (turn.steps.length === 0) return null;
  const top = turn.steps.filter((step) => step.parent === null);
  const active = turn.steps.findLast((step) => step.status === "running");
  const total = turn.elapsed ?? top.reduce((sum, step) => sum + (step.elapsed ?? 0), 0);
  return (
    <section className="rounded-card border border-line bg-surface">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex min-h-9 w-full items-center gap-2 rounded-card px-2.5 text-start hover:bg-sunken"
      >
        <StatusIcon status={turn.status === "lost" ? "stopped" : turn.status} />
        <span className="min-w-0 flex-1 truncate">
          {turn.status === "running" && active !== undefined ? active.title : t("steps.count", { count: top.length })}
        </span>
        {turn.ended && <span className="tabular text-12 text-muted">{formatDuration(total)}</span>}
        <ChevronRight size={16} strokeWidth={1.5} className={clsx("text-muted transition-transform", open && "rotate-90")} />
      </button>
      {open && (
        <ol className="border-t border-line px-2.5 py-1.5">
          {top.map((step) => (
            <StepRow key={step.id} step={step} all={turn.steps} />
          ))}
        </ol>
      )}
    </section>
  );
}

function StepRow({ step, all }: { step: Step; all: readonly Step[] }) {
  const { t } = useTranslation();
  const children = step.container === null ? [] : all.filter((other) => other.parent === step.nodeId);
  const [open, setOpen] = useState(false);
  return (
    <li>
      <div className="flex min-h-8 items-center gap-2">
        <NodeIcon type={step.type} running={step.status === "running"} />
        {children.length > 0 ? (
          <button
            type="button"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
            className="flex min-w-0 items-center gap-1 rounded-sm text-start hover:text-accent"
          >
            <span className="truncate">{step.title}</span>
            <ChevronRight size={14} className={clsx("shrink-0 text-muted transition-transform", open && "rotate-90")} />
          </button>
        ) : (
          <span className="min-w-0 truncate">{step.title}</span>
        )}
        {step.container !== null && (
          <span className="tabular shrink-0 text-12 text-muted">{roundsText(step.container)}</span>
        )}
        {step.retries > 0 && <span className="shrink-0 text-12 text-warn">{t("steps.retried", { count: step.retries })}</span>}
        <span className="tabular ml-auto shrink-0 pl-2 text-12 text-muted">
          {step.elapsed === null ? "" : formatDuration(step.elapsed)}
        </span>
        <StatusIcon status={step.status} />
      </div>
      {step.error !== null && step.error !== "" && <p className="pb-1 pl-7 text-12 break-words text-danger">{step.error}</p>}
      {step.log.length > 0 && <p className="truncate pb-1 pl-7 text-12 text-muted">{step.log.join(" → ")}</p>}
      {open && (
        <ol className="ml-2.5 border-l border-line pl-3">
          {children.map((child, at) => (
            <li key={child.id}>
              {child.round !== null && child.round !== children[at - 1]?.round && (
                <p className="pt-1 text-12 text-muted">{t("steps.round", { number: child.round + 1 })}</p>
              )}
              <ol>
                <StepRow step={child} all={all} />
              </ol>
            </li>
          ))}
        </ol>
      )}
    </li>
  );
}

function roundsText({ current, total }: { current: number; total: number | null }): string {
  return total === null ? `×${current + 1}` : `${Math.min(current + 1, total)}/${total}`;
}
