import { getViewportForBounds, type ReactFlowInstance } from "@xyflow/react";
import {
  AlignCenterHorizontal,
  AlignCenterVertical,
  AlignEndHorizontal,
  AlignEndVertical,
  AlignHorizontalDistributeCenter,
  AlignStartHorizontal,
  AlignStartVertical,
  AlignVerticalDistributeCenter,
  ArrowLeft,
  ArrowRight,
  ArrowRightLeft,
  Cable,
  Clipboard,
  Copy,
  CopyPlus,
  Download,
  FormInput,
  Hand,
  History,
  Image,
  Keyboard,
  ListChecks,
  Locate,
  Map as MapIcon,
  Maximize,
  Maximize2,
  MousePointer2,
  PanelRight,
  Play,
  Plus,
  Redo2,
  Rocket,
  RotateCcw,
  Scissors,
  Settings2,
  SlidersHorizontal,
  Sparkles,
  SquareDashedMousePointer,
  StepForward,
  StickyNote,
  Trash2,
  Undo2,
  Unlink,
  Upload,
  Variable,
  Workflow,
  ZoomIn,
  ZoomOut,
  type LucideIcon,
} from "lucide-react";
import { openShortcuts } from "@/features/commands/palette-state";
import type { Arrangement } from "../graph/arranging";
import { sourceHandles } from "../graph/branches";
import { copied, duplicate, paste, readClip } from "../graph/clipboard";
import { remove, withChildren } from "../graph/editing";
import { readableView } from "../graph/first-view";
import { boxOf, type Box } from "../graph/geometry";
import { isBodyStart, isContainer, isFixed, isNote, TRIGGERS, type Place } from "../graph/kinds";
import { byId, childrenOf, edgesFrom, edgesInto } from "../graph/lookup";
import { readersOf } from "../graph/references";
import type { FlowMode, FlowNode, Point, Viewport } from "../graph/types";
import { documentOf, type Saving, type WorkflowState, type WorkflowStore } from "../store";
import { beginAnew, type RunningStore } from "../running/running";
import { ZOOM, type CanvasStore, type PanelName } from "./ui";

/** What commands work with. */
export interface CommandContext {
  store: WorkflowStore;
  canvas: CanvasStore;
  flow: ReactFlowInstance;
  saving: Saving;
  running: RunningStore;
  /** The element of the canvas. */
  surface: () => HTMLElement | null;
  /** Where the mouse was last over the canvas, in places of the canvas; null when it is elsewhere. */
  pointer: () => Point | null;
  say: (tone: "ok" | "danger", key: "copied" | "skipped" | "nothingToPaste", subject: string) => void;
  exportFile: () => void;
  exportImage: () => Promise<void>;
}

export interface Command {
  id: CommandId;
  icon: LucideIcon;
  /** `mod` is Ctrl, on a Mac ⌘. The first one is shown. */
  keys?: readonly string[];
  /** The browser's own copy and paste events run it. */
  native?: boolean;
  enabled: (state: WorkflowState) => boolean;
  perform: (context: CommandContext) => void | Promise<void>;
}

export type CommandId =
  | "add" | "addAfter" | "note" | "connect" | "open" | "change" | "disconnect"
  | "copy" | "cut" | "paste" | "duplicate" | "delete" | "selectAll"
  | "undo" | "redo" | "history"
  | "pointer" | "hand" | "fit" | "actualSize" | "halfSize" | "zoomIn" | "zoomOut" | "locate" | "maximise" | "minimap"
  | "next" | "previous" | "organise"
  | "alignLeft" | "alignCenter" | "alignRight" | "alignTop" | "alignMiddle" | "alignBottom" | "spreadAcross" | "spreadDown"
  | "environment" | "conversation" | "questions" | "system" | "features" | "checklist" | "versions" | "publish"
  | "run" | "restart" | "runStep"
  | "exportImage" | "exportFile" | "importFile" | "save" | "shortcuts"; // prettier-ignore

const always = () => true;
const editable = (state: WorkflowState) => state.editable;
const someNodes = (state: WorkflowState) => state.selectedNodeIds.size > 0;
const severalNodes = (state: WorkflowState) => state.editable && state.selectedNodeIds.size > 1;
const oneNode = (state: WorkflowState): FlowNode | undefined => {
  const [id, more] = state.selectedNodeIds;
  return id === undefined || more !== undefined ? undefined : byId(state.nodes).get(id);
};
const leadsOn = (state: WorkflowState) => {
  const node = oneNode(state);
  return state.editable && node !== undefined && !isNote(node) && sourceHandles(node.data).length > 0;
};

function toggle(panel: PanelName): Command["perform"] {
  return ({ canvas, store }) => {
    const opened = canvas.getState().panel !== panel;
    if (opened) store.getState().openPanel(null);
    canvas.setState({ panel: opened ? panel : null });
  };
}

function align(how: Arrangement): Command["perform"] {
  return async ({ store }) => {
    const { arranged } = await import("../graph/arranging");
    const { selectedNodeIds } = store.getState();
    store.getState().edit({ kind: "aligned" }, (doc) => arranged(doc, selectedNodeIds, how));
  };
}

/** Everything that can be done on the canvas: its buttons, menus, keys and palette entries all come from here. */
export const COMMANDS: readonly Command[] = [
  { id: "add", icon: Plus, keys: ["/"], enabled: editable, perform: openPalette },
  { id: "addAfter", icon: ArrowRight, keys: ["plus", "="], enabled: leadsOn, perform: openPaletteAfter },
  { id: "note", icon: StickyNote, keys: ["n"], enabled: editable, perform: ({ canvas }) => canvas.setState({ candidate: "note" }) },
  {
    id: "connect",
    icon: Cable,
    keys: ["e"],
    enabled: leadsOn,
    perform: ({ store, canvas }) => canvas.setState({ connectFrom: oneNode(store.getState())?.id ?? null }),
  },
  {
    id: "open",
    icon: PanelRight,
    keys: ["enter"],
    enabled: (state) => {
      const node = oneNode(state);
      return node !== undefined && !isBodyStart(node.data.type);
    },
    perform: ({ store, canvas }) => {
      const node = oneNode(store.getState());
      if (node === undefined) return;
      if (isNote(node)) canvas.setState({ writing: node.id });
      else openSettings(store, canvas, node.id);
    },
  },
  {
    id: "change",
    icon: ArrowRightLeft,
    enabled: (state) => {
      const node = oneNode(state);
      return state.editable && node !== undefined && !isNote(node) && !isFixed(node);
    },
    perform: ({ store, canvas, surface, flow }) => {
      const node = oneNode(store.getState());
      if (node === undefined) return;
      const box = boxOf(store.getState().nodes, node);
      const at = flow.flowToScreenPosition({ x: box.x + box.width, y: box.y });
      canvas.setState({ palette: { spot: null, ...within(surface(), at), replaces: node.id } });
    },
  },
  {
    id: "disconnect",
    icon: Unlink,
    enabled: (state) =>
      state.editable && [...state.selectedNodeIds].some((id) => edgesFrom(state.edges, id).length + edgesInto(state.edges, id).length > 0),
    perform: ({ store }) => {
      const { selectedNodeIds } = store.getState();
      store.getState().edit({ kind: "edgeDeleted" }, (doc) => ({
        ...doc,
        edges: doc.edges.filter((edge) => !selectedNodeIds.has(edge.source) && !selectedNodeIds.has(edge.target)),
      }));
    },
  },
  {
    id: "run",
    icon: Play,
    keys: ["alt+r"],
    enabled: editable,
    perform: ({ running }) => running.setState({ tab: "run", open: true }),
  },
  {
    id: "restart",
    icon: RotateCcw,
    keys: ["shift+r"],
    enabled: (state) => state.editable && state.mode === "advanced-chat",
    perform: ({ running }) => beginAnew(running),
  },
  {
    id: "runStep",
    icon: StepForward,
    enabled: (state) => {
      const node = oneNode(state);
      return state.editable && node !== undefined && !isNote(node) && !isBodyStart(node.data.type) && node.data.type !== "human-input";
    },
    perform: ({ store, running }) => running.setState({ tab: "step", open: true, stepNodeId: oneNode(store.getState())?.id ?? null }),
  },
  { id: "copy", icon: Copy, keys: ["mod+c"], native: true, enabled: someNodes, perform: copyToClipboard },
  {
    id: "cut",
    icon: Scissors,
    keys: ["mod+x"],
    native: true,
    enabled: (state) => state.editable && someNodes(state),
    perform: async (context) => {
      await copyToClipboard(context);
      deleteSelected(context);
    },
  },
  {
    id: "paste",
    icon: Clipboard,
    keys: ["mod+v"],
    native: true,
    enabled: editable,
    perform: async (context) => {
      const text = await navigator.clipboard.readText().catch(() => remembered);
      if (!pasteText(context, text)) context.say("danger", "nothingToPaste", "");
    },
  },
  {
    id: "duplicate",
    icon: CopyPlus,
    keys: ["mod+d"],
    enabled: (state) => state.editable && someNodes(state),
    perform: ({ store }) => {
      const state = store.getState();
      const made = duplicate(documentOf(state), state.selectedNodeIds, placeOf(state), Date.now());
      if (made.ids.length === 0) return;
      state.edit({ kind: "duplicated", subject: titleOf(state, state.selectedNodeIds) }, () => made.doc);
      state.select(made.ids);
    },
  },
  {
    id: "delete",
    icon: Trash2,
    keys: ["delete", "backspace"],
    enabled: (state) => state.editable && (someNodes(state) || state.selectedEdgeIds.size > 0),
    perform: askOrDelete,
  },
  {
    id: "selectAll",
    icon: SquareDashedMousePointer,
    keys: ["mod+a"],
    enabled: always,
    perform: ({ store }) => {
      const { nodes, select } = store.getState();
      select(nodes.filter((node) => !isBodyStart(node.data.type)).map((node) => node.id));
    },
  },
  { id: "undo", icon: Undo2, keys: ["mod+z"], enabled: (state) => state.editable && state.history.at > 0, perform: ({ store }) => store.getState().undo() },
  {
    id: "redo",
    icon: Redo2,
    keys: ["mod+shift+z", "mod+y"],
    enabled: (state) => state.editable && state.history.at < state.history.steps.length - 1,
    perform: ({ store }) => store.getState().redo(),
  },
  { id: "history", icon: History, enabled: always, perform: toggle("history") },
  { id: "pointer", icon: MousePointer2, keys: ["v"], enabled: always, perform: ({ canvas }) => canvas.setState({ tool: "pointer" }) },
  { id: "hand", icon: Hand, keys: ["h"], enabled: always, perform: ({ canvas }) => canvas.setState({ tool: "hand" }) },
  { id: "fit", icon: Maximize, keys: ["mod+1"], enabled: always, perform: fit },
  { id: "actualSize", icon: ZoomIn, keys: ["shift+1"], enabled: always, perform: ({ flow }) => void flow.zoomTo(1, { duration: 120 }) },
  { id: "halfSize", icon: ZoomOut, keys: ["shift+5"], enabled: always, perform: ({ flow }) => void flow.zoomTo(0.5, { duration: 120 }) },
  { id: "zoomIn", icon: ZoomIn, keys: ["mod+=", "mod+plus"], enabled: always, perform: ({ flow }) => void flow.zoomTo(flow.getZoom() + 0.1) },
  { id: "zoomOut", icon: ZoomOut, keys: ["mod+-"], enabled: always, perform: ({ flow }) => void flow.zoomTo(flow.getZoom() - 0.1) },
  {
    id: "locate",
    icon: Locate,
    enabled: someNodes,
    perform: ({ store, flow }) => {
      const { nodes, selectedNodeIds } = store.getState();
      void reveal(flow, nodes.filter((node) => selectedNodeIds.has(node.id)).map((node) => boxOf(nodes, node)));
    },
  },
  { id: "maximise", icon: Maximize2, keys: ["f"], enabled: always, perform: ({ canvas }) => canvas.setState({ maximised: !canvas.getState().maximised }) },
  { id: "minimap", icon: MapIcon, enabled: always, perform: ({ canvas }) => canvas.setState({ minimap: !canvas.getState().minimap }) },
  { id: "next", icon: ArrowRight, keys: ["alt+arrowright"], enabled: someNodes, perform: (context) => walk(context, "next") },
  { id: "previous", icon: ArrowLeft, keys: ["alt+arrowleft"], enabled: someNodes, perform: (context) => walk(context, "previous") },
  {
    id: "organise",
    icon: Workflow,
    keys: ["mod+o"],
    enabled: editable,
    perform: async (context) => {
      const { organised } = await import("../graph/layout");
      context.store.getState().edit({ kind: "organised" }, organised);
      requestAnimationFrame(() => fit(context));
    },
  },
  { id: "alignLeft", icon: AlignStartVertical, enabled: severalNodes, perform: align("left") },
  { id: "alignCenter", icon: AlignCenterVertical, enabled: severalNodes, perform: align("center") },
  { id: "alignRight", icon: AlignEndVertical, enabled: severalNodes, perform: align("right") },
  { id: "alignTop", icon: AlignStartHorizontal, enabled: severalNodes, perform: align("top") },
  { id: "alignMiddle", icon: AlignCenterHorizontal, enabled: severalNodes, perform: align("middle") },
  { id: "alignBottom", icon: AlignEndHorizontal, enabled: severalNodes, perform: align("bottom") },
  { id: "spreadAcross", icon: AlignHorizontalDistributeCenter, enabled: severalNodes, perform: align("across") },
  { id: "spreadDown", icon: AlignVerticalDistributeCenter, enabled: severalNodes, perform: align("down") },
  { id: "environment", icon: Variable, enabled: always, perform: toggle("environment") },
  { id: "conversation", icon: SlidersHorizontal, enabled: (state) => state.mode === "advanced-chat", perform: toggle("conversation") },
  { id: "questions", icon: FormInput, enabled: (state) => state.mode === "rag-pipeline", perform: toggle("questions") },
  { id: "system", icon: Settings2, enabled: always, perform: toggle("system") },
  { id: "features", icon: Sparkles, enabled: always, perform: toggle("features") },
  { id: "checklist", icon: ListChecks, enabled: always, perform: toggle("checklist") },
  { id: "versions", icon: History, keys: ["mod+shift+h"], enabled: always, perform: toggle("versions") },
  { id: "publish", icon: Rocket, keys: ["mod+shift+p"], enabled: editable, perform: ({ canvas }) => canvas.setState({ dialog: "publish" }) },
  { id: "exportImage", icon: Image, enabled: always, perform: ({ exportImage }) => exportImage() },
  { id: "exportFile", icon: Download, enabled: always, perform: ({ exportFile }) => exportFile() },
  { id: "importFile", icon: Upload, enabled: editable, perform: ({ canvas }) => canvas.setState({ dialog: "import" }) },
  {
    id: "save",
    icon: Download,
    keys: ["mod+s"],
    enabled: always,
    perform: async ({ saving }) => {
      await saving.flush();
    },
  },
  { id: "shortcuts", icon: Keyboard, enabled: always, perform: openShortcuts },
];

/** Whether a command has a place on the canvas of an app of this mode. */
export function isShown(id: CommandId, mode: FlowMode): boolean {
  if (id === "conversation" || id === "restart") return mode === "advanced-chat";
  if (id === "questions") return mode === "rag-pipeline";
  return id !== "features" || mode !== "rag-pipeline";
}

const byCommandId = new Map(COMMANDS.map((command) => [command.id, command]));

export function commandOf(id: CommandId): Command {
  const command = byCommandId.get(id);
  if (command === undefined) throw new Error(`There is no command ${id}.`);
  return command;
}

/** What of a place's rules an app decides by itself. */
export function placeOf(state: WorkflowState): Omit<Place, "inside"> {
  return {
    mode: state.mode,
    hasStart: state.nodes.some((node) => node.data.type === "start"),
    hasTrigger: state.nodes.some((node) => TRIGGERS.has(node.data.type)),
  };
}

export function openSettings(store: WorkflowStore, canvas: CanvasStore, id: string): void {
  canvas.setState({ panel: null });
  store.getState().openPanel(id);
}

/** The box around boxes; at least one is given. */
function around(boxes: readonly Box[]): Box {
  const left = Math.min(...boxes.map((box) => box.x));
  const top = Math.min(...boxes.map((box) => box.y));
  const width = Math.max(...boxes.map((box) => box.x + box.width)) - left;
  const height = Math.max(...boxes.map((box) => box.y + box.height)) - top;
  return { x: left, y: top, width, height };
}

/** Brings boxes into view without enlarging them beyond their size. */
export function reveal(flow: ReactFlowInstance, boxes: readonly Box[]): Promise<boolean> {
  if (boxes.length === 0) return Promise.resolve(false);
  const { x, y, width, height } = around(boxes);
  if (boxes.length === 1) return flow.setCenter(x + width / 2, y + height / 2, { zoom: Math.max(flow.getZoom(), 0.75), duration: 150 });
  return flow.fitBounds({ x, y, width, height }, { padding: 0.1, duration: 150 });
}

/** The whole graph in the middle of the canvas, never larger than life. */
function fit({ store, flow, surface }: CommandContext): void {
  const { nodes } = store.getState();
  const plane = surface();
  if (nodes.length === 0 || plane === null) return;
  void flow.setViewport(fitting(around(nodes.map((node) => boxOf(nodes, node))), plane.clientWidth, plane.clientHeight), { duration: 150 });
}

function fitting(whole: Box, width: number, height: number): Viewport {
  return getViewportForBounds(whole, width, height, ZOOM.min, 1, 0.08);
}

const BAR = 64;

/** Where a graph is looked at first whose view nobody chose: as it lies, unless cards would be out of sight or under the tools. */
export function firstView(nodes: readonly FlowNode[], saved: Viewport): Viewport {
  if (nodes.length === 0 || saved.x !== 0 || saved.y !== 0 || saved.zoom !== 1) return saved;
  const boxes = nodes.map((node) => boxOf(nodes, node));
  const whole = around(boxes);
  const { innerWidth, innerHeight } = window;
  if (whole.x >= BAR && whole.y >= 0 && whole.x + whole.width < innerWidth) return saved;
  const height = innerHeight - 160;
  return readableView(fitting(whole, innerWidth - BAR, height), boxes, { left: BAR, width: innerWidth, height });
}

/** A place of the window for a card that opens there, inside of the canvas. */
function within(surface: HTMLElement | null, at: Point): Point {
  const box = surface?.getBoundingClientRect();
  if (box === undefined) return at;
  return { x: Math.min(Math.max(at.x, box.left + 8), box.right - 40), y: Math.min(Math.max(at.y, box.top + 8), box.bottom - 200) };
}

function openPalette({ canvas, surface }: CommandContext): void {
  const box = surface()?.getBoundingClientRect();
  canvas.setState({ palette: { spot: null, x: (box?.left ?? 0) + (box?.width ?? 0) / 2 - 170, y: (box?.top ?? 0) + 72 } });
}

function openPaletteAfter({ store, canvas, flow, surface }: CommandContext): void {
  const state = store.getState();
  const node = oneNode(state);
  const handle = node === undefined ? undefined : freeHandle(state, node);
  if (node === undefined || handle === undefined) return;
  const box = boxOf(state.nodes, node);
  const at = within(surface(), flow.flowToScreenPosition({ x: box.x + box.width + 12, y: box.y }));
  canvas.setState({ palette: { spot: { kind: "after", source: node.id, sourceHandle: handle }, ...at } });
}

/** The first way out that nothing is connected to, else the first one. */
function freeHandle(state: WorkflowState, node: FlowNode): string | undefined {
  const handles = sourceHandles(node.data);
  const taken = new Set(edgesFrom(state.edges, node.id).map((edge) => edge.sourceHandle ?? "source"));
  return handles.find((handle) => !taken.has(handle)) ?? handles[0];
}

/** Where the system's clipboard cannot be reached, copying still works inside of this page. */
let remembered = "";

export function copyText({ store }: CommandContext): string | null {
  const state = store.getState();
  const text = copied(documentOf(state), state.selectedNodeIds);
  if (text !== null) remembered = text;
  return text;
}

async function copyToClipboard(context: CommandContext): Promise<void> {
  const text = copyText(context);
  if (text === null) return;
  await navigator.clipboard.writeText(text).catch(() => undefined);
}

/** Pastes nodes; false when the text is something else. */
export function pasteText({ store, flow, surface, pointer, say }: CommandContext, text: string): boolean {
  const clip = readClip(text);
  if (clip === null) return false;
  const state = store.getState();
  const box = surface()?.getBoundingClientRect();
  const centre = { x: (box?.left ?? 0) + (box?.width ?? 0) / 2 - 120, y: (box?.top ?? 0) + (box?.height ?? 0) / 2 - 40 };
  const at = pointer() ?? flow.screenToFlowPosition(centre);
  const made = paste(documentOf(state), clip, placeOf(state), at, Date.now());
  if (made.ids.length > 0) {
    state.edit({ kind: "pasted", subject: made.ids.length === 1 ? titleIn(made.doc.nodes, made.ids[0]) : String(made.ids.length) }, () => made.doc);
    state.select(made.ids);
  }
  if (made.skipped.length > 0) say("danger", "skipped", made.skipped.join(", "));
  return true;
}

/** Asks before a container with children goes, or something that other nodes read; all else can be undone unasked. */
function askOrDelete(context: CommandContext): void {
  const { store, canvas } = context;
  const state = store.getState();
  const gone = withChildren(state.nodes, state.selectedNodeIds);
  const children = state.nodes
    .filter((node) => gone.has(node.id) && isContainer(node.data.type))
    .flatMap((node) => childrenOf(state.nodes, node.id))
    .filter((child) => !isBodyStart(child.data.type)).length;
  const left = state.nodes.filter((node) => !gone.has(node.id));
  const readers = new Set([...gone].flatMap((id) => readersOf(left, [id])));
  if (children > 0 || readers.size > 0) {
    canvas.setState({
      dialog: { confirm: "delete", ids: [...gone], readers: [...readers].map((node) => node.data.title), children },
    });
  } else deleteSelected(context);
}

export function deleteSelected({ store }: Pick<CommandContext, "store">): void {
  const state = store.getState();
  const gone = withChildren(state.nodes, state.selectedNodeIds);
  const notes = [...gone].every((id) => {
    const node = byId(state.nodes).get(id);
    return node !== undefined && isNote(node);
  });
  const kind = gone.size === 0 ? "edgeDeleted" : notes ? "noteDeleted" : "nodeDeleted";
  state.edit({ kind, subject: titleOf(state, gone) }, (doc) => remove(doc, gone, state.selectedEdgeIds));
}

function titleOf(state: WorkflowState, ids: ReadonlySet<string>): string | undefined {
  const [first, second] = ids;
  if (first === undefined) return undefined;
  return second === undefined ? titleIn(state.nodes, first) : String(ids.size);
}

function titleIn(nodes: readonly FlowNode[], id: string | undefined): string | undefined {
  return byId(nodes).get(id ?? "")?.data.title;
}

/** To a neighbour along the edges. */
function walk({ store, flow, surface }: CommandContext, way: "next" | "previous"): void {
  const { nodes, edges, selectedNodeIds, select } = store.getState();
  const [id] = selectedNodeIds;
  if (id === undefined) return;
  const node = byId(nodes).get(id);
  const start = node?.data.start_node_id;
  const next =
    way === "next"
      ? (edgesFrom(edges, id)[0]?.target ?? (typeof start === "string" ? edgesFrom(edges, start)[0]?.target : undefined))
      : edgesInto(edges, id)[0]?.source;
  const to = byId(nodes).get(next ?? "");
  if (to === undefined || isBodyStart(to.data.type)) return;
  select([to.id]);
  void reveal(flow, [boxOf(nodes, to)]);
  focusCard(surface(), to.id);
}

/** Gives a card the focus when it is on the page. */
export function focusCard(surface: HTMLElement | null, id: string): void {
  requestAnimationFrame(() => surface?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true }));
}
