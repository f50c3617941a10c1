import { useReactFlow } from "@xyflow/react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { NodeIcon } from "@/ui/node-icon";
import { addNode, containerAt } from "../graph/editing";
import { allowedAt } from "../graph/kinds";
import { freshId, madeNote } from "../graph/making";
import { documentOf, useWorkflowStore } from "../store";
import { openSettings, placeOf } from "./commands";
import { useAuthor } from "./author";
import { useCanvas, useCanvasStore } from "./ui";

/** The node that follows the mouse until a click puts it down; Esc lets it go. */
export function Candidate() {
  const { t } = useTranslation();
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const flow = useReactFlow();
  const author = useAuthor();
  const candidate = useCanvas((state) => state.candidate);
  const [at, setAt] = useState<{ x: number; y: number } | null>(null);
  useEffect(() => {
    if (candidate === null) return;
    const cancel = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      canvas.setState({ candidate: null });
    };
    window.addEventListener("keydown", cancel, true);
    return () => {
      window.removeEventListener("keydown", cancel, true);
      setAt(null);
    };
  }, [candidate, canvas]);
  if (candidate === null) return null;
  const drop = (x: number, y: number) => {
    const place = flow.screenToFlowPosition({ x, y });
    const state = store.getState();
    canvas.setState({ candidate: null });
    if (candidate === "note") {
      const id = freshId(state.nodes, Date.now());
      state.edit({ kind: "noteAdded" }, (doc) => ({ ...doc, nodes: [...doc.nodes, madeNote(id, place, author)] }));
      state.select([id]);
      canvas.setState({ writing: id });
      return;
    }
    const container = containerAt(documentOf(state), place);
    const fits = container !== undefined && allowedAt(candidate.type, { ...placeOf(state), inside: container.data.type });
    const made = addNode(documentOf(state), candidate, { kind: "free", at: place, parentId: fits ? container.id : undefined }, Date.now());
    state.edit({ kind: "nodeAdded", subject: candidate.title }, () => made.doc);
    state.select([made.id]);
    openSettings(store, canvas, made.id);
  };
  return (
    <div
      className="absolute inset-0 z-10 cursor-copy"
      role="presentation"
      onPointerMove={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        setAt({ x: event.clientX - box.left, y: event.clientY - box.top });
      }}
      onClick={(event) => drop(event.clientX, event.clientY)}
    >
      {at !== null && (
        <div
          className="pointer-events-none absolute flex h-11 w-60 items-center gap-2 rounded-card border border-accent bg-surface px-3 font-medium opacity-90 shadow-float"
          style={{ transform: `translate(${at.x}px, ${at.y}px)` }}
        >
          {candidate === "note" ? t("workflow.commands.note") : <NodeIcon type={candidate.type} />}
          {candidate !== "note" && <span className="truncate">{candidate.title}</span>}
        </div>
      )}
      <p className="pointer-events-none absolute top-3 left-1/2 -translate-x-1/2 rounded-full bg-text px-3 py-1 text-12 text-bg">{t("workflow.canvas.putDown")}</p>
    </div>
  );
}
