import { ViewportPortal } from "@xyflow/react";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { middle } from "../graph/geometry";
import { useWorkflow } from "../store";
import { lineOf } from "./edges";
import { useCanvas, useCanvasStore } from "./ui";

/** The "+" in the middle of the edge under the pointer, or of the selected one: puts a node between. */
export function EdgeInsert() {
  const { t } = useTranslation();
  const canvas = useCanvasStore();
  const hovered = useCanvas((state) => state.hoveredEdge);
  const selected = useWorkflow((state) => (state.selectedEdgeIds.size === 1 ? [...state.selectedEdgeIds][0] : undefined));
  const id = hovered ?? selected;
  const nodes = useWorkflow((state) => state.nodes);
  const edge = useWorkflow((state) => (id === undefined ? undefined : state.edges.find((each) => each.id === id)));
  const editable = useWorkflow((state) => state.editable);
  const dragging = useCanvas((state) => state.dragged !== null || state.pulledEdge !== null);
  if (edge === undefined || !editable || dragging) return null;
  const line = lineOf(nodes, edge);
  if (line === null) return null;
  const { x, y } = middle(line.from, line.to);
  return (
    <ViewportPortal>
      <button
        type="button"
        className="workflow-edge-plus nopan nodrag"
        style={{ transform: `translate(${x - 10}px, ${y - 10}px)`, zIndex: 5 }}
        aria-label={t("workflow.commands.insert")}
        title={t("workflow.commands.insert")}
        onPointerLeave={() => canvas.setState({ hoveredEdge: null })}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          canvas.setState({ palette: { spot: { kind: "between", edgeId: edge.id }, x: box.right + 4, y: box.top } });
        }}
      >
        <Plus size={14} strokeWidth={2} aria-hidden />
      </button>
    </ViewportPortal>
  );
}
