import { useReactFlow, type ReactFlowInstance } from "@xyflow/react";
import { useCallback, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { showToast } from "@/ui/toast";
import { edgesFrom, edgesInto } from "../graph/lookup";
import type { Point } from "../graph/types";
import { useRunningStore } from "../running/running";
import { documentOf, useSaving, useWorkflowStore } from "../store";
import { commandOf, copyText, pasteText, type CommandContext, type CommandId } from "./commands";
import { download, downloadFile } from "./download";
import { commandFor, isTyping } from "./keys";
import { useCanvasStore, type CanvasState } from "./ui";

/** Keys, the clipboard's events, and the function that runs a command. */
export function useCanvasCommands(surface: () => HTMLElement | null, pointer: { current: Point | null }, name: string, locked: boolean): (id: CommandId) => void {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const saving = useSaving();
  const running = useRunningStore();
  const flow = useReactFlow() as ReactFlowInstance;
  const context = useMemo(
    (): CommandContext => ({
      store,
      canvas,
      flow,
      saving,
      running,
      surface,
      pointer: () => pointer.current,
      say: (tone, key, subject) => showToast(tone, t(`workflow.clipboard.${key}`, { nodes: subject })),
      exportFile: () => {
        downloadFile(saving.flush, store.getState(), name).catch((error: unknown) => showToast("danger", errorText(error)));
      },
      exportImage: async () => {
        const { pictureOf } = await import("./picture");
        const picture = pictureOf(documentOf(store.getState()), getComputedStyle(document.body));
        download(new Blob([picture], { type: "image/svg+xml" }), `${name}.svg`);
      },
    }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the words of an error come from the same translations as `t`
    [store, canvas, flow, saving, running, surface, pointer, name, t],
  );
  const run = useCallback(
    (id: CommandId) => {
      const command = commandOf(id);
      if (command.enabled(store.getState())) void command.perform(context);
    },
    [store, context],
  );
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented && !(event.target instanceof HTMLElement && event.target.closest(".react-flow__node"))) return;
      if (isTyping(event.target)) return;
      const card = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>(".react-flow__node") : null;
      if (event.key === "Shift" && !event.repeat) dim(true);
      if (event.key === "Escape") {
        canvas.setState({ lit: null, menu: null, palette: null, connectFrom: null });
        store.getState().openPanel(null);
      }
      const command = commandFor(event);
      if (command === undefined || isAsking(canvas.getState())) return;
      // Enter presses a button that has the focus, and opens a card.
      if (command.id === "open" && card === null) return;
      if (locked && !["fit", "zoomIn", "zoomOut", "pointer", "hand", "maximise"].includes(command.id)) return;
      if (!command.enabled(store.getState())) return;
      event.preventDefault();
      void command.perform(context);
    };
    const onKeyUp = (event: KeyboardEvent) => {
      if (event.key === "Shift") dim(false);
    };
    /** Shift held on a selected node dims what it has nothing to do with. */
    const dim = (on: boolean) => {
      const { selectedNodeIds, edges } = store.getState();
      if (!on || selectedNodeIds.size !== 1) {
        if (canvas.getState().lit !== null) canvas.setState({ lit: null });
        return;
      }
      const [id = ""] = selectedNodeIds;
      const near = [...edgesFrom(edges, id).map((edge) => edge.target), ...edgesInto(edges, id).map((edge) => edge.source)];
      canvas.setState({ lit: new Set([id, ...near]) });
    };
    const onCopy = (event: ClipboardEvent) => {
      if (isTyping(event.target) || !(window.getSelection()?.isCollapsed ?? true)) return;
      const text = copyText(context);
      if (text === null) return;
      event.preventDefault();
      event.clipboardData?.setData("text/plain", text);
      if (event.type === "cut") run("delete");
    };
    const onPaste = (event: ClipboardEvent) => {
      if (isTyping(event.target) || locked || !store.getState().editable) return;
      if (pasteText(context, event.clipboardData?.getData("text/plain") ?? "")) event.preventDefault();
    };
    window.addEventListener("keydown", onKeyDown);
    window.addEventListener("keyup", onKeyUp);
    document.addEventListener("copy", onCopy);
    document.addEventListener("cut", onCopy);
    document.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("keydown", onKeyDown);
      window.removeEventListener("keyup", onKeyUp);
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("cut", onCopy);
      document.removeEventListener("paste", onPaste);
    };
  }, [context, run, store, canvas, locked]);
  return run;
}

/** Whether a card is open that takes the keys, or is about to be. */
function isAsking({ palette, connectFrom }: CanvasState): boolean {
  return palette !== null || connectFrom !== null;
}
