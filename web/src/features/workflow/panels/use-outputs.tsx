import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { readersOf } from "../graph/references";
import { byId } from "../graph/lookup";
import type { NodeData, Selector } from "../graph/types";
import { useWorkflow, useWorkflowStore } from "../store";
import { produce } from "immer";

/** Renames a variable that a node gives, in the node and in everything that reads it, as one step. */
export function useRenameOutput<T extends object>(nodeId: string): (from: string, to: string, change: (data: Partial<T>) => void) => void {
  const rename = useWorkflow((state) => state.renameVariable);
  return (from, to, change) =>
    rename([nodeId, from], [nodeId, to], (doc) => ({
      ...doc,
      nodes: doc.nodes.map((node) => (node.id === nodeId ? { ...node, data: produce(node.data, (data: NodeData) => change(data as unknown as Partial<T>)) } : node)),
    }));
}

interface Pending {
  path: string;
  titles: string[];
  remove: () => void;
}

/** Removes a variable at once when nothing reads it, and asks first when something does. */
export function useRemoveOutput(nodeId: string): { remove: (path: string[], action: () => void) => void; dialog: ReactNode } {
  const { t } = useTranslation();
  const store = useWorkflowStore();
  const [pending, setPending] = useState<Pending | null>(null);
  const remove = (path: string[], action: () => void) => {
    const selector: Selector = [nodeId, ...path];
    const readers = readersOf(store.getState().nodes, selector).filter((node) => node.id !== nodeId || !byId(store.getState().nodes).has(nodeId));
    if (readers.length === 0) action();
    else setPending({ path: path.join("."), titles: readers.map((node) => node.data.title), remove: action });
  };
  const dialog =
    pending === null ? null : (
      <ConfirmDialog
        title={t("panels.removeUsed", { name: pending.path })}
        text={t("panels.usedIn", { titles: pending.titles.join(", ") })}
        action={t("panels.remove")}
        onClose={() => setPending(null)}
        onConfirm={pending.remove}
      />
    );
  return { remove, dialog };
}
