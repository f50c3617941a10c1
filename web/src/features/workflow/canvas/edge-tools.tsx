import { useReactFlow, ViewportPortal } from "@xyflow/react";
import { GitFork } from "lucide-react";
import { memo, useContext, useEffect, useMemo, useRef, useState, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import { showToast } from "@/ui/toast";
import { boxOf, curve, sourcePoint, targetPoint } from "../graph/geometry";
import { byId } from "../graph/lookup";
import { fansOf, nearEnd, nearestHandle, reconnected, type EdgeEnd, type NewEnd } from "../graph/reconnecting";
import type { FlowEdge, FlowNode, Point } from "../graph/types";
import { documentOf, useWorkflow, useWorkflowStore } from "../store";
import { EdgeInsert } from "./edge-insert";
import { lineOf, type Line } from "./edges";
import { DetailContext, useCanvas, useCanvasStore } from "./ui";

/** What one does to edges, and what is said about them, over their drawing. */
export function EdgeTools() {
  return (
    <>
      <Fans />
      <EdgeInsert />
      <EdgeGrips />
    </>
  );
}

const ENDS: readonly EdgeEnd[] = ["source", "target"];
/** From the end of the edge, so that the handle there still begins a new edge. */
const GRIP_AT = 20;

/** An end of an edge on its way: where the pointer is, and what it would be connected to there. */
interface Pull {
  edge: FlowEdge;
  end: EdgeEnd;
  at: Point;
  over: NewEnd | null;
  allowed: boolean;
}

/** Grips on the ends of the edge under the pointer: dragged to another node they lead there, dropped on nothing they are gone. */
function EdgeGrips() {
  const { t } = useTranslation();
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const flow = useReactFlow();
  const hovered = useCanvas((state) => state.hoveredEdge);
  const selected = useWorkflow((state) => (state.selectedEdgeIds.size === 1 ? [...state.selectedEdgeIds][0] : undefined));
  const nodes = useWorkflow((state) => state.nodes);
  const editable = useWorkflow((state) => state.editable);
  const dragging = useCanvas((state) => state.dragged !== null);
  const [pull, setPull] = useState<Pull | null>(null);
  const pulling = useRef<Pull | null>(null);
  const id = pull?.edge.id ?? hovered ?? selected;
  const edge = useWorkflow((state) => (id === undefined ? undefined : state.edges.find((each) => each.id === id)));
  useEffect(() => {
    const cancel = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      pulling.current = null;
      setPull(null);
      canvas.setState({ pulledEdge: null });
    };
    window.addEventListener("keydown", cancel);
    return () => window.removeEventListener("keydown", cancel);
  }, [canvas]);
  if (edge === undefined || !editable || dragging) return null;
  const line = lineOf(nodes, edge);
  if (line === null) return null;

  const show = (next: Pull | null) => {
    pulling.current = next;
    setPull(next);
    canvas.setState({ pulledEdge: next?.edge.id ?? null });
  };
  const move = (event: PointerEvent, end: EdgeEnd) => {
    const at = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const over = endUnder(event, nodes, edge, end, at);
    const allowed = over !== null && typeof reconnected(documentOf(store.getState()), edge, over) !== "string";
    show({ edge, end, at, over, allowed });
  };
  const drop = () => {
    const last = pulling.current;
    show(null);
    canvas.setState({ hoveredEdge: null });
    if (last === null) return;
    const state = store.getState();
    if (last.over === null) {
      state.edit({ kind: "edgeDeleted" }, (doc) => ({ ...doc, edges: doc.edges.filter((each) => each.id !== edge.id) }));
      return;
    }
    const made = reconnected(documentOf(state), edge, last.over);
    if (typeof made === "string") showToast("danger", t(`workflow.refusals.${made}`));
    else state.edit({ kind: "connected", subject: byId(nodes).get(last.over.nodeId)?.data.title }, () => made);
  };
  return (
    <ViewportPortal>
      {pull !== null && <PulledLine line={line} pull={pull} nodes={nodes} />}
      {ENDS.map((end) => {
        const resting = nearEnd(line.from, line.to, end, GRIP_AT);
        const { x, y } = pull?.end === end ? pull.at : resting;
        return (
          <div
            key={end}
            className="workflow-edge-grip nopan nodrag"
            data-end={end}
            data-pulled={pull?.end === end || undefined}
            title={t("workflow.edges.grip")}
            style={{ transform: `translate(${x - 8}px, ${y - 8}px)`, zIndex: 6 }}
            onPointerDown={(event) => {
              if (event.button !== 0) return;
              event.preventDefault();
              event.stopPropagation();
              event.currentTarget.setPointerCapture(event.pointerId);
              pulling.current = { edge, end, at: resting, over: null, allowed: false };
            }}
            onPointerMove={(event) => {
              if (pulling.current?.end === end) move(event, end);
            }}
            onPointerUp={() => {
              // A click without a move is none.
              if (pull !== null) drop();
              pulling.current = null;
            }}
            onPointerCancel={() => show(null)}
            onLostPointerCapture={() => show(null)}
          />
        );
      })}
    </ViewportPortal>
  );
}

/** The node under the pointer as the end of an edge; null over nothing, which the inside of its own container is too. */
function endUnder(event: PointerEvent, nodes: readonly FlowNode[], edge: FlowEdge, end: EdgeEnd, at: Point): NewEnd | null {
  const around = byId(nodes).get(edge.source)?.parentId;
  for (const element of document.elementsFromPoint(event.clientX, event.clientY)) {
    const card = element.closest<HTMLElement>(".react-flow__node");
    const node = byId(nodes).get(card?.dataset.id ?? "");
    if (node === undefined || node.id === around) continue;
    const handle = end === "target" ? "target" : (nearestHandle(nodes, node, at) ?? "source");
    return { end, nodeId: node.id, handle };
  }
  return null;
}

function PulledLine({ line, pull, nodes }: { line: Line; pull: Pull; nodes: readonly FlowNode[] }) {
  const node = pull.over === null ? undefined : byId(nodes).get(pull.over.nodeId);
  const loose = node === undefined || pull.over === null || !pull.allowed ? pull.at : pointOf(nodes, node, pull.over);
  const [from, to] = pull.end === "source" ? [loose, line.to] : [line.from, loose];
  return (
    <svg className="workflow-edges" style={{ zIndex: 5 }} aria-hidden>
      <path className="workflow-edge-pulled" data-state={pull.over === null ? "free" : pull.allowed ? "allowed" : "refused"} d={curve(from, to)} />
    </svg>
  );
}

function pointOf(nodes: readonly FlowNode[], node: FlowNode, { end, handle }: NewEnd): Point {
  const box = boxOf(nodes, node);
  return end === "source" ? sourcePoint(box, node.data, handle) : targetPoint(box, node.data);
}

/** "Parallel" beside every handle by which several edges leave. */
const Fans = memo(function Fans() {
  const { t } = useTranslation();
  const nodes = useWorkflow((state) => state.nodes);
  const edges = useWorkflow((state) => state.edges);
  const dragged = useCanvas((state) => state.dragged);
  const detail = useContext(DetailContext);
  const fans = useMemo(() => fansOf(edges), [edges]);
  if (detail !== "full" || fans.length === 0) return null;
  return (
    <ViewportPortal>
      {fans.map(({ nodeId, handle, count }) => {
        const node = byId(nodes).get(nodeId);
        if (node === undefined) return null;
        const { x, y } = sourcePoint(boxOf(nodes, node, dragged ?? undefined), node.data, handle);
        return (
          <span key={`${nodeId} ${handle}`} className="workflow-fan" style={{ transform: `translate(${x + 10}px, ${y - 30}px)`, zIndex: 3 }} title={t("workflow.edges.fanHelp", { count })}>
            <GitFork size={11} strokeWidth={2} aria-hidden className="rotate-90" />
            {t("workflow.edges.fan")}
          </span>
        );
      })}
    </ViewportPortal>
  );
});
