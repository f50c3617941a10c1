import "@xyflow/react/dist/base.css";
import {
  Background,
  BackgroundVariant,
  ReactFlow,
  SelectionMode,
  useReactFlow,
  useStore as useFlowStore,
  ViewportPortal,
  type Connection,
  type Edge,
  type FinalConnectionState,
  type NodeChange,
  type NodeProps,
  type OnMove,
} from "@xyflow/react";
import { lazy, memo, Suspense, useCallback, useDeferredValue, useMemo, useRef, useState, type MouseEvent as ReactMouseEvent } from "react";
import { useTranslation } from "react-i18next";
import { showToast } from "@/ui/toast";
import { connect } from "../graph/editing";
import { boxOf, around } from "../graph/geometry";
import { aligned, guideLines, type GuideLines } from "../graph/guides";
import { isBodyStart, isContainer, isNote } from "../graph/kinds";
import { byId } from "../graph/lookup";
import { keptInside, movedTo } from "../graph/placing";
import { refusalOf } from "../graph/rules";
import type { FlowNode, Point } from "../graph/types";
import { documentOf, useWorkflow, useWorkflowStore } from "../store";
import "./canvas.css";
import { BodyStart, Card, ContainerCard } from "./card";
import { Carried } from "./asked";
import { openSettings } from "./commands";
import { EdgeLayer } from "./edges";
import { makeCards, type CardNode } from "./flow-nodes";
import { DetailContext, useCanvas, useCanvasStore, ZOOM, type Detail } from "./ui";

const EdgeTools = lazy(async () => ({ default: (await import("./edge-tools")).EdgeTools }));
const Note = lazy(async () => ({ default: (await import("../notes/note")).Note }));

/** Many a canvas has no notes; what draws them comes with the first one. */
function NoteCard(props: NodeProps<CardNode>) {
  return (
    <Suspense>
      <Note {...props} />
    </Suspense>
  );
}

const NODE_TYPES = { card: Card, container: ContainerCard, start: BodyStart, note: NoteCard };
const NO_EDGES: Edge[] = [];
const NO_ATTRIBUTION = { hideAttribution: true };
const WHEEL_BUTTON = [1];
const WHEEL_AND_LEFT = [0, 1];
const SEVERAL = ["Shift", "Control", "Meta"];
/** From here on cards outside of the view are not in the page. */
const MANY = 100;

function detailAt(zoom: number): Detail {
  return zoom < 0.35 ? "shape" : zoom < 0.6 ? "title" : "full";
}

interface CanvasProps {
  onPointer: (at: Point | null) => void;
  onMoved: () => void;
}

/** The plane with cards and edges. Every function given to React Flow stays the same, or it would draw all cards anew. */
export function Canvas({ onPointer, onMoved }: CanvasProps) {
  const { t } = useTranslation();
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const flow = useReactFlow<CardNode>();
  const nodes = useWorkflow((state) => state.nodes);
  const selected = useWorkflow((state) => state.selectedNodeIds);
  const editable = useWorkflow((state) => state.editable);
  const tool = useCanvas((state) => state.tool);
  const dragged = useCanvas((state) => state.dragged);
  const resizing = useCanvas((state) => state.resizing);
  const zoomDetail = useFlowStore((state) => detailAt(state.transform[2]));
  const detail = useDeferredValue(zoomDetail);
  const [cards] = useState(makeCards);
  const shown = useMemo(() => cards(nodes, selected, dragged, resizing, !editable), [cards, nodes, selected, dragged, resizing, editable]);
  const [opening] = useState(() => store.getState().viewport);
  const lines = useRef<GuideLines | null>(null);

  const onNodesChange = useCallback(
    (changes: NodeChange<CardNode>[]) => {
      const state = store.getState();
      const places = new Map<string, Point>();
      let dragging = false;
      let picked: Set<string> | null = null;
      for (const change of changes) {
        if (change.type === "select") {
          picked ??= new Set(state.selectedNodeIds);
          if (change.selected) picked.add(change.id);
          else picked.delete(change.id);
        } else if (change.type === "position" && change.position !== undefined) {
          places.set(change.id, change.position);
          dragging ||= change.dragging === true;
        }
      }
      if (picked !== null) state.select(picked);
      if (places.size === 0 || !state.editable) return;
      if (dragging) {
        lines.current ??= guideLines(others(state.nodes, places));
        const moved = snapped(state.nodes, places, lines.current);
        canvas.setState({ dragged: moved.places, guides: moved.guides, hoveredEdge: null });
        return;
      }
      const last = canvas.getState().dragged;
      lines.current = null;
      canvas.setState({ dragged: null, guides: null });
      const subject = places.size === 1 ? byId(state.nodes).get([...places.keys()][0] ?? "")?.data.title : String(places.size);
      const merge = last === null ? `move:${[...places.keys()].join()}` : undefined;
      const settled = rounded(state.nodes, last ?? places);
      state.edit({ kind: "nodeMoved", subject, merge }, (doc) => movedTo(doc, settled));
    },
    [store, canvas],
  );

  const tryConnect = useCallback(
    (source: string, sourceHandle: string, target: string) => {
      const state = store.getState();
      const refusal = refusalOf(documentOf(state), { source, sourceHandle, target });
      if (refusal !== null) {
        showToast("danger", t(`workflow.refusals.${refusal}`));
        return;
      }
      const subject = byId(state.nodes).get(target)?.data.title;
      state.edit({ kind: "connected", subject }, (doc) => connect(doc, { source, sourceHandle, target }));
    },
    [store, t],
  );

  const onConnectEnd = useCallback((event: MouseEvent | TouchEvent, connection: FinalConnectionState) => {
    const { fromHandle, toHandle, fromNode } = connection;
    if (fromHandle === null) return;
    const at = "changedTouches" in event ? event.changedTouches[0] : event;
    if (at === undefined) return;
    const under = document.elementFromPoint(at.clientX, at.clientY)?.closest<HTMLElement>(".react-flow__node")?.dataset.id;
    const other = toHandle?.nodeId ?? under;
    const backwards = fromHandle.type === "target";
    if (other !== undefined && other !== fromNode.id) {
      if (backwards) tryConnect(other, toHandle?.id ?? "source", fromNode.id);
      else tryConnect(fromNode.id, fromHandle.id ?? "source", other);
      return;
    }
    if (other !== undefined || backwards) return;
    const place = flow.screenToFlowPosition({ x: at.clientX, y: at.clientY });
    canvas.setState({
      palette: {
        spot: { kind: "after", source: fromNode.id, sourceHandle: fromHandle.id ?? "source", at: { x: place.x, y: place.y - 22 } },
        x: at.clientX,
        y: at.clientY,
      },
    });
  }, [canvas, flow, tryConnect]);

  const isValid = useCallback(
    (connection: Connection | Edge) =>
      refusalOf(documentOf(store.getState()), {
        source: connection.source,
        sourceHandle: connection.sourceHandle ?? "source",
        target: connection.target,
      }) === null,
    [store],
  );

  const onMoveEnd: OnMove = useCallback(
    (_, viewport) => {
      store.getState().setViewport(viewport);
      onMoved();
    },
    [store, onMoved],
  );

  const onNodeClick = useCallback(
    (event: ReactMouseEvent, card: CardNode) => {
      if (event.shiftKey || event.ctrlKey || event.metaKey || card.type === "note" || card.type === "start") return;
      openSettings(store, canvas, card.id);
    },
    [store, canvas],
  );

  const menuAt = useCallback(
    (event: ReactMouseEvent | MouseEvent, kind: "node" | "pane", id?: string) => {
      event.preventDefault();
      if (id !== undefined && !store.getState().selectedNodeIds.has(id)) store.getState().select([id]);
      canvas.setState({ menu: { kind, x: event.clientX, y: event.clientY } });
    },
    [store, canvas],
  );

  const onNodeMenu = useCallback((event: ReactMouseEvent, card: CardNode) => menuAt(event, "node", card.id), [menuAt]);
  const onPaneMenu = useCallback((event: ReactMouseEvent | MouseEvent) => menuAt(event, "pane"), [menuAt]);

  const onNodeDoubleClick = useCallback(
    (_: ReactMouseEvent, card: CardNode) => {
      if (card.type === "note" && store.getState().editable) canvas.setState({ writing: card.id });
    },
    [store, canvas],
  );

  const onPaneClick = useCallback(() => {
    store.getState().select([]);
    store.getState().openPanel(null);
    canvas.setState({ writing: null, lit: null });
  }, [store, canvas]);

  const onPaneMouseMove = useCallback(
    (event: ReactMouseEvent) => {
      onPointer(flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }));
      const edge = event.target instanceof Element && event.target.closest(".workflow-edge-hit, .workflow-edge-plus, .workflow-edge-grip");
      if (!edge && canvas.getState().hoveredEdge !== null) canvas.setState({ hoveredEdge: null });
    },
    [canvas, flow, onPointer],
  );
  const onPaneMouseLeave = useCallback(() => onPointer(null), [onPointer]);
  const ariaLabels = useMemo(() => ({ "node.a11yDescription.default": t("workflow.canvas.nodeHelp"), "node.a11yDescription.keyboardDisabled": "" }), [t]);

  const pointer = tool === "pointer";
  return (
    <DetailContext value={detail}>
      <ReactFlow
        className="workflow-canvas"
        data-tool={tool}
        data-readonly={!editable || undefined}
        nodes={shown}
        edges={NO_EDGES}
        nodeTypes={NODE_TYPES}
        defaultViewport={opening}
        minZoom={ZOOM.min}
        maxZoom={ZOOM.max}
        onlyRenderVisibleElements={nodes.length > MANY}
        elevateNodesOnSelect={false}
        zIndexMode="manual"
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={SEVERAL}
        panActivationKeyCode="Space"
        selectionOnDrag={pointer}
        selectionMode={SelectionMode.Partial}
        panOnDrag={pointer ? WHEEL_BUTTON : WHEEL_AND_LEFT}
        panOnScroll
        zoomOnDoubleClick={false}
        connectOnClick={false}
        nodeDragThreshold={3}
        connectionRadius={24}
        autoPanOnNodeFocus={false}
        onNodesChange={onNodesChange}
        isValidConnection={isValid}
        onConnectEnd={onConnectEnd}
        onMoveEnd={onMoveEnd}
        onNodeClick={onNodeClick}
        onNodeDoubleClick={onNodeDoubleClick}
        onNodeContextMenu={onNodeMenu}
        onPaneContextMenu={onPaneMenu}
        onPaneClick={onPaneClick}
        onPaneMouseMove={onPaneMouseMove}
        onPaneMouseLeave={onPaneMouseLeave}
        proOptions={NO_ATTRIBUTION}
        ariaLabelConfig={ariaLabels}
      >
        {detail !== "shape" && <Background variant={BackgroundVariant.Dots} gap={20} size={1.5} color="color-mix(in oklch, var(--line-strong) 45%, transparent)" />}
        <EdgeLayer />
        <Suspense>
          <EdgeTools />
        </Suspense>
        <Guides />
      </ReactFlow>
      <Carried />
    </DetailContext>
  );
}

/** Lines that the dragged card lies on. */
const Guides = memo(function Guides() {
  const guides = useCanvas((state) => state.guides);
  const zoom = useFlowStore((state) => state.transform[2]);
  if (guides === null) return null;
  const thin = 1 / zoom;
  return (
    <ViewportPortal>
      {guides.x !== null && <div className="workflow-guide" style={{ left: guides.x, top: -100_000, width: thin, height: 200_000, zIndex: 4 }} />}
      {guides.y !== null && <div className="workflow-guide" style={{ top: guides.y, left: -100_000, height: thin, width: 200_000, zIndex: 4 }} />}
    </ViewportPortal>
  );
});

/** The boxes that dragged cards may align with: those of the same level that stay. */
function others(nodes: readonly FlowNode[], moving: ReadonlyMap<string, Point>) {
  const [first] = moving.keys();
  const level = byId(nodes).get(first ?? "")?.parentId;
  return nodes
    .filter((node) => node.parentId === level && !moving.has(node.id) && !isBodyStart(node.data.type) && !isNote(node))
    .map((node) => boxOf(nodes, node));
}

function snapped(nodes: readonly FlowNode[], places: ReadonlyMap<string, Point>, lines: GuideLines) {
  const index = byId(nodes);
  const moving = [...places.keys()].map((id) => index.get(id)).filter((node) => node !== undefined);
  const box = around(moving.map((node) => boxOf(nodes, node, places)));
  const found = box === null ? { dx: 0, dy: 0, x: null, y: null } : aligned(box, lines);
  const shifted = new Map([...places].map(([id, at]) => [id, insideOf(nodes, index.get(id), { x: at.x + found.dx, y: at.y + found.dy })]));
  return { places: shifted, guides: found.x === null && found.y === null ? null : { x: found.x, y: found.y } };
}

/** A child stays within its container; the container is not stretched by dragging. */
function insideOf(nodes: readonly FlowNode[], node: FlowNode | undefined, at: Point): Point {
  const parent = node?.parentId === undefined ? undefined : byId(nodes).get(node.parentId);
  if (node === undefined || parent === undefined || !isContainer(parent.data.type)) return at;
  const [frame, own] = [boxOf(nodes, parent), boxOf(nodes, node)];
  const least = keptInside(node, at);
  return {
    x: Math.max(keptInside(node, { x: 0, y: 0 }).x, Math.min(least.x, frame.width - own.width - 12)),
    y: Math.max(keptInside(node, { x: 0, y: 0 }).y, Math.min(least.y, frame.height - own.height - 12)),
  };
}

function rounded(nodes: readonly FlowNode[], places: ReadonlyMap<string, Point>): Map<string, Point> {
  const index = byId(nodes);
  return new Map([...places].map(([id, at]) => [id, insideOf(nodes, index.get(id), { x: Math.round(at.x), y: Math.round(at.y) })]));
}
