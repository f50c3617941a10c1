import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { CloudOff } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Spinner } from "@/ui/spinner";
import { showToast } from "@/ui/toast";
import { Asked, warmUp } from "./canvas/asked";
import { AuthorContext } from "./canvas/author";
import { OperatorBar, TopBar, ViewBar } from "./canvas/bars";
import { Canvas } from "./canvas/canvas";
import { RunContext } from "./canvas/canvas-commands";
import { firstView, openSettings } from "./canvas/commands";
import { RightSide } from "./canvas/right-side";
import { CanvasContext, createCanvasStore, useCanvas, useCanvasStore } from "./canvas/ui";
import { useCanvasCommands } from "./canvas/use-commands";
import { useProblems } from "./checklist/problems";
import { openDraft } from "./graph/draft";
import { boxOf } from "./graph/geometry";
import { byId } from "./graph/lookup";
import type { FlowMode, Point, Viewport } from "./graph/types";
import { createRunningStore, RunningContext, useRunning } from "./running/running";
import { createWorkflowStore, SavingContext, useSaving, useWorkflow, useWorkflowStore, WorkflowContext, type WorkflowStore } from "./store";
import { workflowApi, type Block, type Draft } from "./store/api";
import { makeSaving } from "./store/saving";
import { useMarks, useVersionName, type Viewing } from "./versions/viewing";

const Dock = lazy(async () => ({ default: (await import("./running/dock")).Dock }));
const PaletteCommands = lazy(async () => ({ default: (await import("./canvas/palette-commands")).PaletteCommands }));
// It can come a moment after the canvas.
const Minimap = lazy(async () => ({ default: (await import("./canvas/minimap")).Minimap }));
const SelectionBar = lazy(async () => ({ default: (await import("./canvas/selection-bar")).SelectionBar }));
const LEAST_WITH_MINIMAP = 640;
const MODES: readonly FlowMode[] = ["advanced-chat", "rag-pipeline"];

interface WorkflowPageProps {
  appId: string;
  account: { id: string; name: string };
  /** Whether this member may change the app. */
  editable: boolean;
  /** The node whose settings the address names. */
  nodeId: string | null;
  onNode: (id: string | null) => void;
  /** The knowledge base whose pipeline this is. */
  pipelineOf?: { id: string; name: string };
}

/** The canvas of a workflow or chatflow. */
export function WorkflowPage(props: WorkflowPageProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { appId, pipelineOf } = props;
  const opening = useQuery({
    queryKey: ["workflow", appId],
    queryFn: async () => {
      const [app, draft, blocks] = await Promise.all([pipelineOf === undefined ? workflowApi.app(appId) : { name: pipelineOf.name, mode: "rag-pipeline", site: null }, workflowApi.draft(appId), workflowApi.blocks(appId)]);
      return { app, draft, blocks };
    },
    // The editor holds the draft from here on; coming back reads it anew.
    staleTime: Infinity,
    gcTime: 0,
    meta: { console: true },
  });
  if (opening.error !== null) {
    return (
      <Empty
        icon={<CloudOff size={28} strokeWidth={1.5} />}
        title={t("common.failed")}
        text={errorText(opening.error)}
        action={<Button onClick={() => void opening.refetch()}>{t("common.retry")}</Button>}
      />
    );
  }
  if (opening.data === undefined) {
    return (
      <div className="flex h-full items-center justify-center text-muted" aria-busy aria-label={t("common.loading")}>
        <Spinner />
      </div>
    );
  }
  const { app, draft, blocks } = opening.data;
  const mode: FlowMode = MODES.find((each) => each === app.mode) ?? "workflow";
  const siteUrl = app.site === null ? null : `/${mode === "workflow" ? "workflow" : "chat"}/${app.site.code}`;
  return <Editor key={appId} {...props} name={app.name} mode={mode} siteUrl={siteUrl} draft={draft} blocks={blocks} />;
}

interface EditorProps extends WorkflowPageProps {
  name: string;
  mode: FlowMode;
  siteUrl: string | null;
  draft: Draft;
  blocks: readonly Block[];
}

function Editor(props: EditorProps) {
  const { appId, mode, editable, draft, account, nodeId } = props;
  const [{ store, rest }] = useState(() => {
    const { doc, viewport, rest } = openDraft(draft);
    const made = createWorkflowStore({ appId, mode, editable, doc, viewport: viewportOf(appId) ?? firstView(doc.nodes, viewport) });
    made.getState().openPanel(nodeId);
    if (nodeId !== null) made.getState().select([nodeId]);
    return { store: made, rest };
  });
  const [canvas] = useState(createCanvasStore);
  const [running] = useState(createRunningStore);
  const [saving] = useState(() => makeSaving(store, draft, rest));
  useEffect(() => saving.start(), [saving]);
  return (
    <WorkflowContext value={store}>
      <CanvasContext value={canvas}>
        <SavingContext value={saving}>
          <AuthorContext value={account.name}>
            <RunningContext value={running}>
              <ReactFlowProvider>
                <Workbench {...props} />
              </ReactFlowProvider>
            </RunningContext>
          </AuthorContext>
        </SavingContext>
      </CanvasContext>
    </WorkflowContext>
  );
}

function Workbench({ account, name, siteUrl, blocks, nodeId, onNode }: EditorProps) {
  const { t } = useTranslation();
  const versionName = useVersionName();
  const store = useWorkflowStore();
  const maximised = useCanvas((state) => state.maximised);
  const surface = useRef<HTMLDivElement>(null);
  const pointer = useRef<Point | null>(null);
  const [viewing, setViewing] = useState<Viewing | null>(null);
  const problems = useProblems();
  const surfaceOf = useCallback(() => surface.current, []);
  const run = useCanvasCommands(surfaceOf, pointer, name, viewing !== null);
  useOpenInView(surfaceOf);
  const marks = useMarks(viewing?.comparison);
  const canvas = useCanvasStore();
  const shown = useMemo(() => {
    if (viewing === null) return null;
    const { appId, mode, viewport } = store.getState();
    return createWorkflowStore({ appId, mode, editable: false, doc: viewing.doc, viewport });
  }, [viewing, store]);
  useEffect(() => canvas.setState({ marks }), [canvas, marks]);
  useFreshDraft();
  useWarmUp();
  usePanelAddress(nodeId, onNode);
  const onPointer = useCallback((at: Point | null) => {
    pointer.current = at;
  }, []);
  const onMoved = useCallback(() => keepViewport(store.getState().appId, store.getState().viewport), [store]);
  return (
    <RunContext value={run}>
      <div className={maximised ? "fixed inset-0 z-30 flex flex-col bg-bg" : "flex h-full min-h-0 flex-1 flex-col"}>
        <TopBar problemCount={problems.length} hasErrors={problems.some((problem) => problem.severity === "error")} siteUrl={siteUrl} />
        <div className="relative flex min-h-0 flex-1">
          <div className="flex min-w-0 flex-1 flex-col">
            <section
              ref={surface}
              aria-label={t("workflow.canvas.label", { name })}
              className="relative min-h-0 min-w-0 flex-1"
              onFocusCapture={(event) => selectFocused(event.target, store)}
            >
              <WorkflowContext value={shown ?? store}>
                <Canvas key={viewing?.version.id ?? "draft"} onPointer={onPointer} onMoved={onMoved} />
                <OperatorBar />
                <Selected />
                <BottomBar />
              </WorkflowContext>
              {viewing !== null && (
                <div role="status" className="absolute inset-x-0 top-0 z-6 flex items-center justify-center gap-3 bg-accent-soft px-3 py-1.5 text-accent">
                  {t("workflow.versions.viewing", { name: versionName(viewing.version) })}
                  <Button size="small" onClick={() => setViewing(null)}>
                    {t("workflow.versions.back")}
                  </Button>
                </div>
              )}
            </section>
            {viewing === null && store.getState().editable && (
              <Suspense fallback={<div className="h-9 shrink-0 border-t border-line bg-surface max-sm:h-11" />}>
                <Dock accountId={account.id} />
              </Suspense>
            )}
          </div>
          <RightSide accountId={account.id} problems={problems} viewing={viewing} onView={setViewing} />
        </div>
        <Suspense>
          <PaletteCommands />
        </Suspense>
        <Asked blocks={blocks} problems={problems} name={name} surface={surfaceOf} />
      </div>
    </RunContext>
  );
}

function Selected() {
  const several = useWorkflow((state) => state.editable && state.selectedNodeIds.size > 1);
  return <Suspense>{several && <SelectionBar />}</Suspense>;
}

function BottomBar() {
  const wanted = useCanvas((state) => state.minimap);
  // Above a tall dock there is no room for it beside the cards.
  const room = useRunning((state) => !state.open || window.innerHeight - state.height > LEAST_WITH_MINIMAP);
  const minimap = wanted && room;
  return (
    <div className="pointer-events-none absolute bottom-3 left-3 z-5 flex flex-col items-start gap-2 *:pointer-events-auto">
      <Suspense>{minimap && <Minimap />}</Suspense>
      <ViewBar />
    </div>
  );
}

/** Walking through cards with Tab selects them, for arrows and commands to act on. */
function selectFocused(target: EventTarget, store: WorkflowStore): void {
  if (!(target instanceof HTMLElement) || !target.matches(".react-flow__node:focus-visible")) return;
  const { id } = target.dataset;
  if (id !== undefined && !store.getState().selectedNodeIds.has(id)) store.getState().select([id]);
}

/** The first sign of somebody at work fetches what they will ask for next. */
function useWarmUp(): void {
  useEffect(() => {
    const signs = ["pointermove", "pointerdown", "keydown"] as const;
    const end = () => signs.forEach((sign) => window.removeEventListener(sign, warm));
    // Without a network the asked part says so itself.
    const warm = () => {
      end();
      warmUp().catch(() => undefined);
    };
    signs.forEach((sign) => window.addEventListener(sign, warm));
    return end;
  }, []);
}

/** Coming back to this tab, with nothing unsaved, shows what was saved elsewhere meanwhile. */
function useFreshDraft(): void {
  const { t } = useTranslation();
  const saving = useSaving();
  const queries = useQueryClient();
  const appId = useWorkflow((state) => state.appId);
  useEffect(() => {
    const look = () => {
      if (document.visibilityState !== "visible") return;
      saving
        .refresh()
        .then((changed) => {
          if (!changed) return;
          showToast("ok", t("workflow.saving.refreshed"));
          void queries.invalidateQueries({ queryKey: ["published", appId] });
        })
        // Without a server there is nothing to be seen; the next save says so.
        .catch(() => undefined);
    };
    document.addEventListener("visibilitychange", look);
    window.addEventListener("focus", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("focus", look);
    };
  }, [saving, queries, appId, t]);
}

/** A card whose settings open is moved out from under them. */
function useOpenInView(surface: () => HTMLElement | null): void {
  const store = useWorkflowStore();
  const flow = useReactFlow();
  const open = useWorkflow((state) => state.panelNodeId);
  useEffect(() => {
    // After the canvas has become narrower.
    const frame = requestAnimationFrame(() => {
      const area = surface()?.getBoundingClientRect();
      const { nodes } = store.getState();
      const node = open === null ? undefined : byId(nodes).get(open);
      if (area === undefined || node === undefined || area.width === 0) return;
      const box = boxOf(nodes, node);
      const start = flow.flowToScreenPosition(box);
      const end = flow.flowToScreenPosition({ x: box.x + box.width, y: box.y + box.height });
      const seen = start.x >= area.left && end.x <= area.right && start.y >= area.top && end.y <= area.bottom;
      if (!seen) void flow.setCenter(box.x + box.width / 2, box.y + box.height / 2, { zoom: flow.getZoom(), duration: 150 });
    });
    return () => cancelAnimationFrame(frame);
  }, [open, surface, store, flow]);
}

/** The open node is part of the address, so that it can be shared. */
function usePanelAddress(nodeId: string | null, onNode: (id: string | null) => void): void {
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const open = useWorkflow((state) => state.panelNodeId);
  const last = useRef(nodeId);
  useEffect(() => {
    if (open === last.current) return;
    last.current = open;
    onNode(open);
  }, [open, onNode]);
  useEffect(() => {
    if (nodeId === last.current) return;
    last.current = nodeId;
    if (nodeId === null) store.getState().openPanel(null);
    else openSettings(store, canvas, nodeId);
  }, [nodeId, store, canvas]);
}

/** Everybody's own view of an app stays in their browser; what is saved with the draft is only where newcomers begin. */
function keepViewport(appId: string, viewport: Viewport): void {
  sessionStorage.setItem(`treadle.view.${appId}`, JSON.stringify(viewport));
}

function viewportOf(appId: string): Viewport | null {
  const kept = sessionStorage.getItem(`treadle.view.${appId}`);
  return kept === null ? null : (JSON.parse(kept) as Viewport);
}
