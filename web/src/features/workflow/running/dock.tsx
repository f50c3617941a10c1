import { useQueryClient } from "@tanstack/react-query";
import clsx from "clsx";
import { ChevronDown, Play } from "lucide-react";
import { lazy, Suspense, useEffect, type KeyboardEvent, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import { withTexts } from "@/i18n/i18n";
import { IconButton } from "@/ui/button";
import { StatusIcon } from "@/ui/status";
import type { Turn } from "@/features/generation/turn";
import type { FlowMode } from "../graph/types";
import { useWorkflow, useWorkflowStore } from "../store";
import { useRunning, useRunningStore, type DockTab } from "./running";

const HistoryTab = lazy(async () => ({ default: (await import("./history-tab")).HistoryTab }));
const PreviewChat = lazy(async () => ({ default: (await import("./preview-chat")).PreviewChat }));
const RunForm = lazy(async () => ({ default: (await import("./run-form")).RunForm }));
const PipelineTrial = lazy(() => withTexts(["pipelines", "knowledgeSetup"], import("./pipeline-trial")));
const StepTab = lazy(async () => ({ default: (await import("./step-tab")).StepTab }));
const TraceTab = lazy(async () => ({ default: (await withTexts("replay", import("./trace-tab"))).TraceTab }));
const VariablesTab = lazy(async () => ({ default: (await import("./variables-tab")).VariablesTab }));

const TABS: readonly DockTab[] = ["run", "trace", "variables", "step", "history"];
const LEAST = 160;

/** Below the canvas: trying the draft out, and what that leaves. Closed it is one line of tabs. */
export function Dock({ accountId }: { accountId: string }) {
  const { t } = useTranslation();
  const running = useRunningStore();
  const open = useRunning((state) => state.open);
  const tab = useRunning((state) => state.tab);
  const height = useRunning((state) => state.height);
  const status = useRunning((state) => state.turn?.status ?? null);
  const mode = useWorkflow((state) => state.mode);
  useReconnect(accountId);
  const resize = (to: number) => running.setState({ height: Math.min(Math.max(to, LEAST), window.innerHeight - 200) });
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) resize(window.innerHeight - event.clientY);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowUp: 20, ArrowDown: -20 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    resize(height + step);
  };
  return (
    <section aria-label={t("running.dock")} className="relative flex shrink-0 flex-col border-t border-line bg-surface" style={open ? { height } : undefined}>
      {open && (
        <div
          role="separator"
          aria-orientation="horizontal"
          aria-label={t("running.resize")}
          aria-valuemin={LEAST}
          aria-valuenow={height}
          tabIndex={0}
          className="absolute inset-x-0 -top-1 z-10 h-2 cursor-row-resize touch-none hover:bg-accent/20"
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={onPointerMove}
          onKeyDown={onKeyDown}
        />
      )}
      <div className="flex h-9 shrink-0 items-center gap-1 px-2 max-sm:h-11">
        <div className="flex min-w-0 flex-1 items-center gap-1 overflow-x-auto">
          {TABS.map((id) => (
            <button
              key={id}
              type="button"
              aria-pressed={open && tab === id}
              onClick={() => running.setState({ tab: id, open: !(open && tab === id) })}
              className={clsx(
                "inline-flex h-7 shrink-0 items-center gap-1.5 rounded-control px-2 font-medium max-sm:h-10",
                open && tab === id ? "bg-sunken text-text" : "text-muted hover:text-text",
              )}
            >
              {id === "run" && <Play size={14} strokeWidth={1.5} aria-hidden />}
              {t(id === "run" && mode === "advanced-chat" ? "running.tabs.preview" : `running.tabs.${id}`)}
            </button>
          ))}
        </div>
        {status !== null && <StatusIcon status={status === "lost" ? "stopped" : status} />}
        {open && (
          <IconButton label={t("common.close")} onClick={() => running.setState({ open: false })}>
            <ChevronDown size={16} strokeWidth={1.5} />
          </IconButton>
        )}
      </div>
      {open && (
        <div className="min-h-0 flex-1 overflow-y-auto border-t border-line">
          <Suspense>{contentOf(tab, mode)}</Suspense>
        </div>
      )}
    </section>
  );
}

/** Runs that a reload of the page left alone are shown again, and followed. */
function useReconnect(accountId: string): void {
  const store = useWorkflowStore();
  const running = useRunningStore();
  const queries = useQueryClient();
  useEffect(() => {
    const settle = (turn: Turn | null) => (turn === null ? undefined : queries.invalidateQueries({ queryKey: ["workflow", store.getState().appId, "tried"] }));
    import("./reconnect")
      .then(({ reconnect, reconnectContainer }) =>
        Promise.all([reconnect(store, running, accountId).then(settle), reconnectContainer(store, running, accountId).then(settle)]),
      )
      // Without a server there is nothing to be seen; the next run says so.
      .catch(() => undefined);
  }, [store, running, queries, accountId]);
}

function contentOf(tab: DockTab, mode: FlowMode) {
  switch (tab) {
    case "run":
      return mode === "advanced-chat" ? <PreviewChat /> : mode === "rag-pipeline" ? <PipelineTrial /> : <RunForm />;
    case "trace":
      return <TraceTab />;
    case "variables":
      return <VariablesTab />;
    case "step":
      return <StepTab />;
    case "history":
      return <HistoryTab />;
  }
}
