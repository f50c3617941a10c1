import { useReactFlow } from "@xyflow/react";
import type { PointerEvent } from "react";
import { sizeOf } from "../graph/geometry";
import { byId } from "../graph/lookup";
import { leastSize, resized } from "../graph/placing";
import { isNote } from "../graph/kinds";
import { useWorkflow, useWorkflowStore } from "../store";
import { useCanvasStore } from "./ui";

const LEAST_NOTE = { width: 160, height: 80 };

/** The lower right corner of a container or note: drag to resize. A container stays large enough for its children. */
export function ResizeCorner({ id }: { id: string }) {
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const flow = useReactFlow();
  const editable = useWorkflow((state) => state.editable);
  if (!editable) return null;
  const start = (event: PointerEvent<HTMLDivElement>) => {
    event.stopPropagation();
    event.preventDefault();
    const { nodes } = store.getState();
    const node = byId(nodes).get(id);
    if (node === undefined) return;
    const corner = event.currentTarget;
    const from = { x: event.clientX, y: event.clientY };
    const { width, height } = sizeOf(node);
    const least = isNote(node) ? LEAST_NOTE : leastSize(nodes, node);
    const { zoom } = flow.getViewport();
    corner.setPointerCapture(event.pointerId);
    const move = (now: globalThis.PointerEvent) => {
      const size = {
        width: Math.round(Math.max(least.width, width + (now.clientX - from.x) / zoom)),
        height: Math.round(Math.max(least.height, height + (now.clientY - from.y) / zoom)),
      };
      canvas.setState({ resizing: { id, size, at: node.position } });
    };
    const end = () => {
      corner.removeEventListener("pointermove", move);
      const { resizing } = canvas.getState();
      canvas.setState({ resizing: null });
      if (resizing !== null) {
        store.getState().edit({ kind: "nodeResized", subject: node.data.title }, (doc) => resized(doc, id, resizing.size));
      }
    };
    corner.addEventListener("pointermove", move);
    corner.addEventListener("lostpointercapture", end, { once: true });
  };
  return <div aria-hidden className="workflow-resize nodrag nopan" onPointerDown={start} />;
}
