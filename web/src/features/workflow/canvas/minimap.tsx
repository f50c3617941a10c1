import { useReactFlow, useStore as useFlowStore } from "@xyflow/react";
import { useEffect, useMemo, useRef, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import { around, boxOf } from "../graph/geometry";
import { familyOf, isBodyStart, isContainer, isNote } from "../graph/kinds";
import { useWorkflow } from "../store";

const WIDTH = 152;
const HEIGHT = 96;
const MARGIN = 200;

/** The whole canvas in small, on one picture that is painted again only when nodes change. Drag to move the view. */
export function Minimap() {
  const { t } = useTranslation();
  const flow = useReactFlow();
  const nodes = useWorkflow((state) => state.nodes);
  const picture = useRef<HTMLCanvasElement>(null);
  const boxes = useMemo(() => nodes.map((node) => ({ node, box: boxOf(nodes, node) })), [nodes]);
  const view = useMemo(() => {
    const all = around(boxes.map((each) => each.box)) ?? { x: 0, y: 0, width: 1, height: 1 };
    const width = all.width + 2 * MARGIN;
    const height = all.height + 2 * MARGIN;
    const scale = Math.min(WIDTH / width, HEIGHT / height);
    return { scale, x: all.x - MARGIN - (WIDTH / scale - width) / 2, y: all.y - MARGIN - (HEIGHT / scale - height) / 2 };
  }, [boxes]);
  useEffect(() => {
    const canvas = picture.current;
    const pen = canvas?.getContext("2d");
    if (canvas === null || pen === null || pen === undefined) return;
    const ratio = window.devicePixelRatio;
    canvas.width = WIDTH * ratio;
    canvas.height = HEIGHT * ratio;
    pen.scale(ratio, ratio);
    const style = getComputedStyle(canvas);
    for (const { node, box } of boxes) {
      if (isBodyStart(node.data.type)) continue;
      const family = isNote(node) ? "line" : `node-${familyOf(node.data.type)}`;
      pen.fillStyle = style.getPropertyValue(`--${family === "node-container" ? "line" : family}`) || style.color;
      pen.globalAlpha = isContainer(node.data.type) || isNote(node) ? 0.5 : 0.85;
      pen.beginPath();
      pen.roundRect((box.x - view.x) * view.scale, (box.y - view.y) * view.scale, Math.max(2, box.width * view.scale), Math.max(2, box.height * view.scale), 1.5);
      pen.fill();
    }
  }, [boxes, view]);
  const go = (event: PointerEvent<HTMLDivElement>) => {
    if (event.buttons === 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const box = event.currentTarget.getBoundingClientRect();
    const x = (event.clientX - box.left) / view.scale + view.x;
    const y = (event.clientY - box.top) / view.scale + view.y;
    void flow.setCenter(x, y, { zoom: flow.getZoom() });
  };
  return (
    <div
      role="img"
      aria-label={t("workflow.canvas.minimap")}
      className="relative cursor-pointer touch-none overflow-hidden rounded-card border border-line bg-surface max-sm:hidden"
      style={{ width: WIDTH, height: HEIGHT }}
      onPointerDown={go}
      onPointerMove={go}
    >
      <canvas ref={picture} style={{ width: WIDTH, height: HEIGHT }} />
      <Frame view={view} />
    </div>
  );
}

function Frame({ view }: { view: { scale: number; x: number; y: number } }) {
  const style = useFlowStore(({ transform: [x, y, zoom], width, height }) =>
    [(-x / zoom - view.x) * view.scale, (-y / zoom - view.y) * view.scale, (width / zoom) * view.scale, (height / zoom) * view.scale].map(Math.round).join(" "),
  );
  const [left = "0", top = "0", width = "0", height = "0"] = style.split(" ");
  return (
    <div
      className="pointer-events-none absolute top-0 left-0 border border-accent bg-accent/10"
      style={{ transform: `translate(${left}px, ${top}px)`, width: Number(width), height: Number(height) }}
    />
  );
}
