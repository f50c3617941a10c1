import { Handle, Position, type NodeProps } from "@xyflow/react";
import { MoreHorizontal, Play, Plus } from "lucide-react";
import { lazy, memo, Suspense, useContext, type MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import { NodeIcon } from "@/ui/node-icon";
import { branchesOf, leavesAtHead, type Branch } from "../graph/branches";
import { BODY_START, handleY } from "../graph/geometry";
import { familyOf, hasTarget } from "../graph/kinds";
import { summaryOf } from "../graph/summary";
import type { NodeData, SummaryLine } from "../graph/types";
import { useWorkflow, useWorkflowStore } from "../store";
import { NodeText, RunMark, useNodeLook } from "../running/run-mark";
import { useRun } from "./canvas-commands";
import type { CardNode } from "./flow-nodes";
import { DetailContext, useCanvas, useCanvasStore } from "./ui";

const ResizeCorner = lazy(async () => ({ default: (await import("./resize-corner")).ResizeCorner }));

/** A node on the canvas. Its size is the one that `graph/geometry` gives; it is drawn again only for its own data. */
export const Card = memo(function Card({ id, data, selected }: NodeProps<CardNode>) {
  const detail = useContext(DetailContext);
  const look = useLook(id);
  if (detail === "shape") return <div className="workflow-card" data-shape data-family={familyOf(data.type)} data-selected={selected} {...look} />;
  return (
    <div className="workflow-card" data-selected={selected} data-detail={detail} data-family={familyOf(data.type)} {...look}>
      <CardHead id={id} data={data} />
      {detail === "full" && <CardBody data={data} />}
      <CardHandles id={id} data={data} />
      <NodeText id={id} />
    </div>
  );
});

/** Dimmed, marked as different in a comparison, or by how its last run went. */
function useLook(id: string) {
  const run = useNodeLook(id)?.status;
  const dimmed = useCanvas((state) => state.lit !== null && !state.lit.has(id));
  const mark = useCanvas((state) => state.marks?.get(id));
  return { "data-dimmed": dimmed || undefined, "data-mark": mark, "data-run": run };
}

function CardHead({ id, data, grip = false }: { id: string; data: NodeData; grip?: boolean }) {
  const { t } = useTranslation();
  const look = useNodeLook(id);
  return (
    <div className={grip ? "workflow-card-head container-grip" : "workflow-card-head"}>
      <NodeIcon type={data.type} running={look?.status === "running"} />
      <span className="min-w-0 flex-1 truncate">{data.title || data.type}</span>
      {look !== null && <RunMark look={look} />}
      {data.type !== "human-input" && <RunButton id={id} />}
      <MoreButton id={id} label={t("workflow.card.more", { title: data.title })} />
    </div>
  );
}

/** Shown while the mouse is over the card; the menu has it, too. */
function RunButton({ id }: { id: string }) {
  const { t } = useTranslation();
  const store = useWorkflowStore();
  const editable = useWorkflow((state) => state.editable);
  const run = useRun();
  if (!editable) return null;
  const open = (event: MouseEvent<HTMLButtonElement>) => {
    event.stopPropagation();
    store.getState().select([id]);
    run("runStep");
  };
  return (
    <button type="button" tabIndex={-1} className="workflow-card-more workflow-card-run nodrag nopan" aria-label={t("workflow.commands.runStep")} title={t("workflow.commands.runStep")} onClick={open}>
      <Play size={14} strokeWidth={1.5} aria-hidden />
    </button>
  );
}

function MoreButton({ id, label }: { id: string; label: string }) {
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const open = (event: MouseEvent<HTMLButtonElement>) => {
    event.stopPropagation();
    const box = event.currentTarget.getBoundingClientRect();
    if (!store.getState().selectedNodeIds.has(id)) store.getState().select([id]);
    canvas.setState({ menu: { kind: "node", x: box.left, y: box.bottom + 4 } });
  };
  return (
    <button type="button" tabIndex={-1} className="workflow-card-more nodrag nopan" aria-label={label} onClick={open}>
      <MoreHorizontal size={16} strokeWidth={1.5} aria-hidden />
    </button>
  );
}

function CardBody({ data }: { data: NodeData }) {
  const summary = summaryOf(data);
  const branches = branchesOf(data);
  return (
    <>
      {data.desc !== undefined && data.desc !== "" && (
        <p className="workflow-card-desc" title={data.desc}>
          {data.desc}
        </p>
      )}
      {summary.map((line, at) => (
        <Summary key={at} line={line} data={data} />
      ))}
      {branches.map((branch) => (
        <BranchRow key={branch.handle} branch={branch} />
      ))}
    </>
  );
}

function Summary({ line, data }: { line: SummaryLine; data: NodeData }) {
  const { t } = useTranslation();
  const missing = line.tone === "missing";
  const text = missing ? t(missingText(data.type)) : line.text;
  return (
    <div className="workflow-card-line">
      <span data-tone={line.tone ?? "plain"} title={text}>
        {text}
      </span>
    </div>
  );
}

function missingText(type: string) {
  if (type === "http-request") return "workflow.card.noUrl";
  return type === "knowledge-retrieval" ? "workflow.card.noKnowledge" : "workflow.card.noModel";
}

function BranchRow({ branch }: { branch: Branch }) {
  const { t } = useTranslation();
  return (
    <div className="workflow-card-line" data-branch>
      <b>{t(`workflow.branches.${branch.kind}`)}</b>
      <span title={branch.text}>{branch.text}</span>
    </div>
  );
}

function CardHandles({ id, data }: { id: string; data: NodeData }) {
  return (
    <>
      {hasTarget(data.type) && (
        <Handle type="target" id="target" position={Position.Left} className="workflow-handle" style={{ top: handleY(data, "target") }} />
      )}
      {leavesAtHead(data) && <SourceHandle nodeId={id} data={data} handle="source" />}
      {branchesOf(data).map((branch) => (
        <SourceHandle key={branch.handle} nodeId={id} data={data} handle={branch.handle} />
      ))}
    </>
  );
}

function SourceHandle({ nodeId, data, handle }: { nodeId: string; data: NodeData; handle: string }) {
  const { t } = useTranslation();
  const canvas = useCanvasStore();
  const editable = useWorkflow((state) => state.editable);
  return (
    <Handle
      type="source"
      id={handle}
      position={Position.Right}
      className="workflow-handle workflow-handle-source"
      style={{ top: handleY(data, handle) }}
      data-failure={handle === "fail-branch" || undefined}
      title={editable ? t("workflow.card.addAfter") : undefined}
      onClick={(event) => {
        if (!editable) return;
        event.stopPropagation();
        const box = event.currentTarget.getBoundingClientRect();
        canvas.setState({ palette: { spot: { kind: "after", source: nodeId, sourceHandle: handle }, x: box.right + 8, y: box.top } });
      }}
    >
      <Plus size={12} strokeWidth={2.5} aria-hidden />
    </Handle>
  );
}

/** An iteration or loop: a frame around its body, dragged by its head. */
export const ContainerCard = memo(function ContainerCard({ id, data, selected }: NodeProps<CardNode>) {
  const detail = useContext(DetailContext);
  const look = useLook(id);
  return (
    <div className="workflow-container" data-selected={selected} data-detail={detail} {...look}>
      {detail === "shape" ? (
        <div className="container-grip absolute inset-x-0 top-0 h-11" />
      ) : (
        <>
          <CardHead id={id} data={data} grip />
          <CardHandles id={id} data={data} />
          <Suspense>
            <ResizeCorner id={id} />
          </Suspense>
        </>
      )}
    </div>
  );
});

export const BodyStart = memo(function BodyStart({ id, data }: NodeProps<CardNode>) {
  const { t } = useTranslation();
  const detail = useContext(DetailContext);
  return (
    <div className="workflow-body-start" style={{ width: BODY_START, height: BODY_START }} role="img" aria-label={t("workflow.card.bodyStart")}>
      <NodeIcon type="start" />
      {detail !== "shape" && <SourceHandle nodeId={id} data={data} handle="source" />}
    </div>
  );
});
