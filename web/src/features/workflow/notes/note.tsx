import type { NodeProps } from "@xyflow/react";
import { Bold, Italic, Link2, List, Strikethrough, User } from "lucide-react";
import { memo, useContext, useLayoutEffect, useRef, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import { useWorkflow, useWorkflowStore } from "../store";
import type { CardNode } from "../canvas/flow-nodes";
import { ResizeCorner } from "../canvas/resize-corner";
import { DetailContext, useCanvas, useCanvasStore } from "../canvas/ui";
import "./note.css";
import { renderNote, sizeOfNote, writeNote, type NoteSize } from "./rich-text";

export const THEMES = ["blue", "cyan", "green", "yellow", "pink", "violet"] as const;
const NOTE_SIZES: readonly NoteSize[] = ["small", "medium", "large"];

/** A note on the canvas. A double click or Enter writes in it; Esc or a click elsewhere ends that. */
export const Note = memo(function Note({ id, data, selected }: NodeProps<CardNode>) {
  const detail = useContext(DetailContext);
  const writing = useCanvas((state) => state.writing === id);
  const editable = useWorkflow((state) => state.editable);
  const text = typeof data.text === "string" ? data.text : "";
  const theme = THEMES.find((name) => name === data.theme) ?? "blue";
  return (
    <div className="workflow-note" data-theme-note={theme} data-selected={selected} data-size={sizeOfNote(text)}>
      {selected && editable && detail === "full" && <NoteTools id={id} theme={theme} text={text} showsAuthor={data.showAuthor === true} />}
      {detail !== "shape" && (writing && editable ? <NoteEditor key="edit" id={id} text={text} /> : <NoteText key="read" text={text} />)}
      {detail === "full" && data.showAuthor === true && typeof data.author === "string" && <p className="workflow-note-author">{data.author}</p>}
      <ResizeCorner id={id} />
    </div>
  );
});

function NoteText({ text }: { text: string }) {
  const { t } = useTranslation();
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    element.current?.replaceChildren(renderNote(text));
  }, [text]);
  return <div ref={element} className="workflow-note-text" data-placeholder={t("workflow.notes.placeholder")} />;
}

function NoteEditor({ id, text }: { id: string; text: string }) {
  const { t } = useTranslation();
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const element = useRef<HTMLDivElement>(null);
  const opened = useRef(text);
  useLayoutEffect(() => {
    const box = element.current;
    if (box === null) return;
    box.replaceChildren(renderNote(opened.current));
    box.focus();
    window.getSelection()?.selectAllChildren(box);
    window.getSelection()?.collapseToEnd();
  }, []);
  const keep = () => {
    const box = element.current;
    if (box === null) return;
    const written = writeNote(box, sizeOfNote(opened.current));
    if (written === writeNote(asElement(opened.current), sizeOfNote(opened.current))) return;
    store.getState().updateNodeData(id, { text: written }, { history: "noteChanged" });
    opened.current = written;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") {
      keep();
      canvas.setState({ writing: null });
    }
  };
  return (
    <div
      ref={element}
      className="workflow-note-text nodrag nopan nowheel"
      contentEditable
      role="textbox"
      aria-multiline
      aria-label={t("workflow.notes.text")}
      data-placeholder={t("workflow.notes.placeholder")}
      suppressContentEditableWarning
      onInput={keep}
      onBlur={keep}
      onKeyDown={onKeyDown}
    />
  );
}

function asElement(text: string): HTMLElement {
  const box = document.createElement("div");
  box.append(renderNote(text));
  return box;
}

interface NoteToolsProps {
  id: string;
  theme: (typeof THEMES)[number];
  text: string;
  showsAuthor: boolean;
}

function NoteTools({ id, theme, text, showsAuthor }: NoteToolsProps) {
  const { t } = useTranslation();
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const set = (change: Record<string, string | boolean>) => store.getState().updateNodeData(id, change, { history: "noteChanged" });
  const size = sizeOfNote(text);
  const format = (command: string, value?: string) => {
    if (canvas.getState().writing !== id) canvas.setState({ writing: id });
    // The one way that browsers have to mark what is selected in an edited element, with their own undo.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing has taken its place
    requestAnimationFrame(() => document.execCommand(command, false, value));
  };
  const link = () => {
    const url = window.prompt(t("workflow.notes.address"), "https://");
    if (url !== null && /^(https?:|mailto:)/i.test(url)) format("createLink", url);
  };
  return (
    <div className="workflow-note-tools nodrag nopan" onPointerDown={(event) => event.preventDefault()}>
      {THEMES.map((name) => (
        <button
          key={name}
          type="button"
          className="workflow-note-colour"
          data-theme-note={name}
          aria-label={t(`workflow.notes.colours.${name}`)}
          title={t(`workflow.notes.colours.${name}`)}
          aria-pressed={name === theme}
          onClick={() => set({ theme: name })}
        />
      ))}
      <span className="mx-1 h-4 w-px bg-line" />
      {NOTE_SIZES.map((name) => (
        <button
          key={name}
          type="button"
          className="size-6 rounded-control text-12 font-medium hover:bg-sunken aria-pressed:text-accent"
          aria-label={t(`workflow.notes.sizes.${name}`)}
          title={t(`workflow.notes.sizes.${name}`)}
          aria-pressed={name === size}
          onClick={() => set({ text: writeNote(asElement(text), name) })}
        >
          {{ small: "S", medium: "M", large: "L" }[name]}
        </button>
      ))}
      <span className="mx-1 h-4 w-px bg-line" />
      <IconButton label={t("workflow.notes.bold")} className="size-6" onClick={() => format("bold")}>
        <Bold size={14} strokeWidth={2} aria-hidden />
      </IconButton>
      <IconButton label={t("workflow.notes.italic")} className="size-6" onClick={() => format("italic")}>
        <Italic size={14} strokeWidth={2} aria-hidden />
      </IconButton>
      <IconButton label={t("workflow.notes.strike")} className="size-6" onClick={() => format("strikeThrough")}>
        <Strikethrough size={14} strokeWidth={2} aria-hidden />
      </IconButton>
      <IconButton label={t("workflow.notes.link")} className="size-6" onClick={link}>
        <Link2 size={14} strokeWidth={2} aria-hidden />
      </IconButton>
      <IconButton label={t("workflow.notes.list")} className="size-6" onClick={() => format("insertUnorderedList")}>
        <List size={14} strokeWidth={2} aria-hidden />
      </IconButton>
      <IconButton label={t("workflow.notes.author")} className="size-6" active={showsAuthor} onClick={() => set({ showAuthor: !showsAuthor })}>
        <User size={14} strokeWidth={2} aria-hidden />
      </IconButton>
    </div>
  );
}
