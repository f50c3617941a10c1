import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ReactFlowProvider, useReactFlow, type ReactFlowInstance } from "@xyflow/react";
import { CloudOff } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useCommands } from "@/features/commands/registry";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Empty } from "@/ui/empty";
import { Spinner } from "@/ui/spinner";
import { showToast } from "@/ui/toast";
import { AuthorContext } from "./canvas/author";
import { OperatorBar, SelectionBar, TopBar, ViewBar } from "./canvas/bars";
import { Canvas } from "./canvas/canvas";
import { RunContext } from "./canvas/canvas-commands";
import { CanvasMenu } from "./canvas/canvas-menu";
import { COMMANDS, commandOf, copyText, deleteSelected, openSettings, pasteText, type CommandContext, type CommandId } from "./canvas/commands";
import { Inspector } from "./canvas/inspector";
import { commandFor, isTyping } from "./canvas/keys";
import { Minimap } from "./canvas/minimap";
import { pictureOf } from "./canvas/picture";
import { Panel, SidePanel } from "./canvas/side-panel";
import { CanvasContext, createCanvasStore, useCanvas, useCanvasStore } from "./canvas/ui";
import { useProblems, type ListedProblem } from "./checklist/problems";
import { openDraft } from "./graph/draft";
import { boxOf } from "./graph/geometry";
import { byId, edgesFrom, edgesInto } from "./graph/lookup";
import type { FlowMode, Point, Viewport } from "./graph/types";
import { ConnectList } from "./palette/connect";
import { Dock } from "./running/dock";
import { createRunningStore, RunningContext, useRunningStore } from "./running/running";
import { Palette } from "./palette/palette";
import { createWorkflowStore, documentOf, SavingContext, useSaving, useWorkflow, useWorkflowStore, WorkflowContext, type WorkflowStore } from "./store";
import { workflowApi, type Block, type Draft } from "./store/api";
import { makeSaving } from "./store/saving";
import { useMarks, useVersionName, type Viewing } from "./versions/viewing";

// What one asks for is loaded when one asks.
const HistoryPanel = lazy(async () => ({ default: (await import("./canvas/history-panel")).HistoryPanel }));
const ShortcutsPanel = lazy(async () => ({ default: (await import("./canvas/shortcuts-panel")).ShortcutsPanel }));
const SystemPanel = lazy(async () => ({ default: (await import("./canvas/variables-panel")).SystemPanel }));
const VariablesPanel = lazy(async () => ({ default: (await import("./canvas/variables-panel")).VariablesPanel }));
const ChecklistPanel = lazy(async () => ({ default: (await import("./checklist/checklist-panel")).ChecklistPanel }));
const ImportDialog = lazy(async () => ({ default: (await import("./versions/import-dialog")).ImportDialog }));
const ConflictDialog = lazy(async () => ({ default: (await import("./versions/conflict-dialog")).ConflictDialog }));
const VersionsPanel = lazy(async () => ({ default: (await import("./versions/versions-panel")).VersionsPanel }));
const PublishDialog = lazy(async () => ({ default: (await import("./versions/publish-dialog")).PublishDialog }));

interface WorkflowPageProps {
  appId: string;
  account: { id: string; name: string };
  /** Whether this member may change the app. */
  editable: boolean;
  /** The node whose settings the address names. */
  nodeId: string | null;
  onNode: (id: string | null) => void;
  /** The settings of the app's features; shown beside the canvas. */
  features?: ReactNode;
}

/** The canvas of a workflow or chatflow. */
export function WorkflowPage(props: WorkflowPageProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { appId } = props;
  const opening = useQuery({
    queryKey: ["workflow", appId],
    queryFn: async () => {
      const [app, draft, blocks] = await Promise.all([workflowApi.app(appId), workflowApi.draft(appId), workflowApi.blocks(appId)]);
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
  const mode: FlowMode = app.mode === "advanced-chat" ? "advanced-chat" : "workflow";
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
    const made = createWorkflowStore({ appId, mode, editable, doc, viewport: viewportOf(appId) ?? viewport });
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

function Workbench({ account, name, siteUrl, blocks, features, nodeId, onNode }: EditorProps) {
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
  usePaletteCommands(run, features !== undefined);
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
  usePanelAddress(nodeId, onNode);
  const onPointer = useCallback((at: Point | null) => {
    pointer.current = at;
  }, []);
  const onMoved = useCallback(() => keepViewport(store.getState().appId, store.getState().viewport), [store]);
  return (
    <RunContext value={run}>
      <div className={maximised ? "fixed inset-0 z-30 flex flex-col bg-bg" : "flex h-full min-h-0 flex-1 flex-col"}>
        <TopBar problemCount={problems.length} hasErrors={problems.some((problem) => problem.severity === "error")} siteUrl={siteUrl} hasFeatures={features !== undefined} />
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
                <SelectionBar />
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
            {viewing === null && store.getState().editable && <Dock />}
          </div>
          <RightSide accountId={account.id} problems={problems} viewing={viewing} onView={setViewing} features={features} />
        </div>
        <CanvasMenu />
        <Palette blocks={blocks} surface={surfaceOf} />
        <ConnectList surface={surfaceOf} />
        <Suspense>
          <ConflictDialog />
          <Dialogs problems={problems} name={name} />
        </Suspense>
      </div>
    </RunContext>
  );
}

function BottomBar() {
  const minimap = useCanvas((state) => state.minimap);
  return (
    <div className="pointer-events-none absolute bottom-3 left-3 z-5 flex flex-col items-start gap-2 *:pointer-events-auto">
      {minimap && <Minimap />}
      <ViewBar />
    </div>
  );
}

interface RightSideProps {
  accountId: string;
  problems: readonly ListedProblem[];
  viewing: Viewing | null;
  onView: (viewing: Viewing | null) => void;
  features: ReactNode;
}

function RightSide({ accountId, problems, viewing, onView, features }: RightSideProps) {
  const { t } = useTranslation();
  const canvas = useCanvasStore();
  const panel = useCanvas((state) => state.panel);
  const nodeId = useWorkflow((state) => state.panelNodeId);
  const close = () => {
    if (panel === "versions") onView(null);
    canvas.setState({ panel: null });
  };
  if (panel === null) return nodeId === null || viewing !== null ? null : <Inspector nodeId={nodeId} />;
  const content = {
    environment: <VariablesPanel key="env" space="env" onClose={close} />,
    conversation: <VariablesPanel key="conversation" space="conversation" onClose={close} />,
    system: <SystemPanel onClose={close} />,
    features: (
      <Panel title={t("workflow.commands.features")} onClose={close}>
        {features}
      </Panel>
    ),
    checklist: <ChecklistPanel problems={problems} onClose={close} />,
    versions: <VersionsPanel accountId={accountId} viewing={viewing} onView={onView} onClose={close} />,
    history: <HistoryPanel onClose={close} />,
    shortcuts: <ShortcutsPanel onClose={close} />,
  }[panel];
  return (
    <SidePanel label={t(`workflow.commands.${panel}`)}>
      <Suspense>{content}</Suspense>
    </SidePanel>
  );
}

function Dialogs({ problems, name }: { problems: readonly ListedProblem[]; name: string }) {
  const { t } = useTranslation();
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const saving = useSaving();
  const dialog = useCanvas((state) => state.dialog);
  const close = () => canvas.setState({ dialog: null });
  if (dialog === null) return null;
  if (dialog === "publish") return <PublishDialog problems={problems} onClose={close} />;
  if (dialog === "import") return <ImportDialog onBackup={() => downloadFile(saving.flush, store.getState().appId, name)} onClose={close} />;
  const { children, readers } = dialog;
  return (
    <ConfirmDialog
      title={t("workflow.delete.title", { count: dialog.ids.length })}
      text={
        <>
          {children > 0 && <p>{t("workflow.delete.children", { count: children })}</p>}
          {readers.length > 0 && <p>{t("workflow.delete.readers", { nodes: readers.join(", ") })}</p>}
        </>
      }
      action={t("workflow.commands.delete")}
      onClose={close}
      onConfirm={() => deleteSelected({ store })}
    />
  );
}

/** The canvas's commands in the console's palette. Their keys are the canvas's own: most are single letters. */
function usePaletteCommands(run: (id: CommandId) => void, hasFeatures: boolean): void {
  const { t } = useTranslation();
  const mode = useWorkflow((state) => state.mode);
  const commands = useMemo(
    () =>
      COMMANDS.filter(({ id }) => (id !== "conversation" || mode === "advanced-chat") && (id !== "features" || hasFeatures)).map((command) => ({
        id: `canvas.${command.id}`,
        label: t(`workflow.commands.${command.id}`),
        icon: command.icon,
        group: t("workflow.canvas.tools"),
        perform: () => run(command.id),
      })),
    [t, mode, run, hasFeatures],
  );
  useCommands(commands);
}

/** Walking through cards with Tab selects them, for arrows and commands to act on. */
function selectFocused(target: EventTarget, store: WorkflowStore): void {
  if (!(target instanceof HTMLElement) || !target.matches(".react-flow__node:focus-visible")) return;
  const { id } = target.dataset;
  if (id !== undefined && !store.getState().selectedNodeIds.has(id)) store.getState().select([id]);
}

/** Keys, the clipboard's events, and the function that runs a command. */
function useCanvasCommands(surface: () => HTMLElement | null, pointer: { current: Point | null }, name: string, locked: boolean): (id: CommandId) => void {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const saving = useSaving();
  const running = useRunningStore();
  const flow = useReactFlow() as ReactFlowInstance;
  const context = useMemo(
    (): CommandContext => ({
      store,
      canvas,
      flow,
      saving,
      running,
      surface,
      pointer: () => pointer.current,
      say: (tone, key, subject) => showToast(tone, t(`workflow.clipboard.${key}`, { nodes: subject })),
      exportFile: () => {
        downloadFile(saving.flush, store.getState().appId, name).catch((error: unknown) => showToast("danger", errorText(error)));
      },
      exportImage: () => {
        const picture = pictureOf(documentOf(store.getState()), getComputedStyle(document.body));
        download(new Blob([picture], { type: "image/svg+xml" }), `${name}.svg`);
      },
    }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the words of an error come from the same translations as `t`
    [store, canvas, flow, saving, running, surface, pointer, name, t],
  );
  const run = useCallback(
    (id: CommandId) => {
      const command = commandOf(id);
      if (command.enabled(store.getState())) void command.perform(context);
    },
    [store, context],
  );
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented && !(event.target instanceof HTMLElement && event.target.closest(".react-flow__node"))) return;
      if (isTyping(event.target)) return;
      const card = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>(".react-flow__node") : null;
      if (event.key === "Shift" && !event.repeat) dim(true);
      if (event.key === "Escape") {
        canvas.setState({ lit: null, menu: null });
        store.getState().openPanel(null);
      }
      const command = commandFor(event);
      if (command === undefined) return;
      // Enter presses a button that has the focus, and opens a card.
      if (command.id === "open" && card === null) return;
      if (locked && !["fit", "zoomIn", "zoomOut", "pointer", "hand", "maximise"].includes(command.id)) return;
      if (!command.enabled(store.getState())) return;
      event.preventDefault();
      void command.perform(context);
    };
    const onKeyUp = (event: KeyboardEvent) => {
      if (event.key === "Shift") dim(false);
    };
    /** Shift held on a selected node dims what it has nothing to do with. */
    const dim = (on: boolean) => {
      const { selectedNodeIds, edges } = store.getState();
      if (!on || selectedNodeIds.size !== 1) {
        if (canvas.getState().lit !== null) canvas.setState({ lit: null });
        return;
      }
      const [id = ""] = selectedNodeIds;
      const near = [...edgesFrom(edges, id).map((edge) => edge.target), ...edgesInto(edges, id).map((edge) => edge.source)];
      canvas.setState({ lit: new Set([id, ...near]) });
    };
    const onCopy = (event: ClipboardEvent) => {
      if (isTyping(event.target) || !(window.getSelection()?.isCollapsed ?? true)) return;
      const text = copyText(context);
      if (text === null) return;
      event.preventDefault();
      event.clipboardData?.setData("text/plain", text);
      if (event.type === "cut") run("delete");
    };
    const onPaste = (event: ClipboardEvent) => {
      if (isTyping(event.target) || locked || !store.getState().editable) return;
      if (pasteText(context, event.clipboardData?.getData("text/plain") ?? "")) event.preventDefault();
    };
    window.addEventListener("keydown", onKeyDown);
    window.addEventListener("keyup", onKeyUp);
    document.addEventListener("copy", onCopy);
    document.addEventListener("cut", onCopy);
    document.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("keydown", onKeyDown);
      window.removeEventListener("keyup", onKeyUp);
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("cut", onCopy);
      document.removeEventListener("paste", onPaste);
    };
  }, [context, run, store, canvas, locked]);
  return run;
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

async function downloadFile(flush: () => Promise<boolean>, appId: string, name: string): Promise<void> {
  await flush();
  download(new Blob([await workflowApi.exportFile(appId)], { type: "application/yaml" }), `${name}.yml`);
}

function download(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Everybody's own view of an app stays in their browser; what is saved with the draft is only where newcomers begin. */
function keepViewport(appId: string, viewport: Viewport): void {
  sessionStorage.setItem(`treadle.view.${appId}`, JSON.stringify(viewport));
}

function viewportOf(appId: string): Viewport | null {
  const kept = sessionStorage.getItem(`treadle.view.${appId}`);
  return kept === null ? null : (JSON.parse(kept) as Viewport);
}
