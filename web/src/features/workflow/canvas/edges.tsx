import { ViewportPortal } from "@xyflow/react";
import { memo, useContext, useMemo } from "react";
import { curve, boxOf, sourcePoint, targetPoint } from "../graph/geometry";
import { byId } from "../graph/lookup";
import type { FlowEdge, FlowNode, Point } from "../graph/types";
import { useWorkflow, useWorkflowStore } from "../store";
import { useWasTaken } from "../running/run-mark";
import { EDGES_Z } from "./flow-nodes";
import { DetailContext, useCanvas, useCanvasStore } from "./ui";

export interface Line {
  from: { x: number; y: number };
  to: { x: number; y: number };
}

/** Where an edge begins and ends; null for one whose ends are not there. */
export function lineOf(nodes: readonly FlowNode[], edge: FlowEdge, moved?: ReadonlyMap<string, Point>): Line | null {
  const index = byId(nodes);
  const [source, target] = [index.get(edge.source), index.get(edge.target)];
  if (source === undefined || target === undefined) return null;
  return {
    from: sourcePoint(boxOf(nodes, source, moved), source.data, edge.sourceHandle ?? "source"),
    to: targetPoint(boxOf(nodes, target, moved), target.data),
  };
}

/**
 * All edges in one drawing inside of the moving plane, so that moving the view draws none of them again, and dragging a
 * card only those that end at it.
 */
export const EdgeLayer = memo(function EdgeLayer() {
  const nodes = useWorkflow((state) => state.nodes);
  const edges = useWorkflow((state) => state.edges);
  const dragged = useCanvas((state) => state.dragged);
  const resizing = useCanvas((state) => state.resizing);
  const detail = useContext(DetailContext);
  const resting = useMemo(() => new Map(edges.map((edge) => [edge, lineOf(nodes, edge)])), [nodes, edges]);
  const moved = useMemo(() => {
    if (resizing === null) return dragged;
    return new Map([...(dragged ?? []), [resizing.id, resizing.at]]);
  }, [dragged, resizing]);
  const affected = useMemo(() => {
    if (moved === null) return null;
    const touched = (node: FlowNode) => moved.has(node.id) || (node.parentId !== undefined && moved.has(node.parentId));
    return new Set(nodes.filter(touched).map((node) => node.id));
  }, [nodes, moved]);
  const lineNow = (edge: FlowEdge): Line | null =>
    moved !== null && affected !== null && (affected.has(edge.source) || affected.has(edge.target))
      ? lineOf(nodes, edge, moved)
      : (resting.get(edge) ?? null);

  return (
    <ViewportPortal>
      <svg className="workflow-edges" style={{ zIndex: EDGES_Z }} aria-hidden>
        {detail === "shape" ? (
          <path className="workflow-edge" d={edges.map((edge) => straight(lineNow(edge))).join("")} />
        ) : (
          edges.map((edge) => {
            const line = lineNow(edge);
            return line === null ? null : (
              <Edge key={edge.id} id={edge.id} source={edge.source} target={edge.target} d={curve(line.from, line.to)} failure={edge.sourceHandle === "fail-branch"} />
            );
          })
        )}
      </svg>
    </ViewportPortal>
  );
});

function straight(line: Line | null): string {
  return line === null ? "" : `M${line.from.x} ${line.from.y}L${line.to.x} ${line.to.y}`;
}

interface EdgeProps {
  id: string;
  source: string;
  target: string;
  d: string;
  failure: boolean;
}

const Edge = memo(function Edge({ id, source, target, d, failure }: EdgeProps) {
  const taken = useWasTaken(source, target);
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const selected = useWorkflow((state) => state.selectedEdgeIds.has(id));
  const dimmed = useIsDimmed(id);
  const pulled = useCanvas((state) => state.pulledEdge === id);
  const select = () => {
    store.getState().select([], [id]);
  };
  return (
    <g className="workflow-edge-group" data-edge={id} data-selected={selected || undefined} data-dimmed={dimmed || pulled || undefined} data-failure={failure || undefined} data-taken={taken || undefined}>
      <path className="workflow-edge" d={d} />
      <path
        className="workflow-edge-hit nopan"
        d={d}
        onPointerEnter={() => canvas.setState({ hoveredEdge: id })}
        onClick={select}
        onContextMenu={(event) => {
          event.preventDefault();
          event.stopPropagation();
          select();
          canvas.setState({ menu: { kind: "edge", x: event.clientX, y: event.clientY } });
        }}
      />
    </g>
  );
});

function useIsDimmed(id: string): boolean {
  const lit = useCanvas((state) => state.lit);
  const store = useWorkflowStore();
  if (lit === null) return false;
  const edge = store.getState().edges.find((each) => each.id === id);
  return edge === undefined || !lit.has(edge.source) || !lit.has(edge.target);
}
