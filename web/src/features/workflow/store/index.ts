import { createContext, useContext, useMemo } from "react";
import { useStore } from "zustand";
import { byId } from "../graph/lookup";
import type { FlowEdge, FlowNode, FlowVariable, Selector } from "../graph/types";
import { upstreamOf } from "../graph/upstream";
import type { SaveState, Saving } from "./saving";
import type { DataChange, EditOptions, WorkflowState, WorkflowStore } from "./store";

export { createWorkflowStore, documentOf } from "./store";
export type { DataChange, EditOptions, WorkflowState, WorkflowStore } from "./store";
export type { Change, ChangeKind } from "./history";
export type { Saving, SaveState } from "./saving";

/** The store of the app whose canvas is open. */
export const WorkflowContext = createContext<WorkflowStore | null>(null);

export function useWorkflowStore(): WorkflowStore {
  const store = useContext(WorkflowContext);
  if (store === null) throw new Error("No workflow is open around this component.");
  return store;
}

/** A part of the editor's state; the component renders again only when that part is another one. */
export function useWorkflow<T>(select: (state: WorkflowState) => T): T {
  return useStore(useWorkflowStore(), select);
}

export function useNode(id: string): FlowNode | undefined {
  return useWorkflow((state) => byId(state.nodes).get(id));
}

/** Changes the data of a node; the function is the same for as long as the app is open. */
export function useUpdateNodeData(): (id: string, change: DataChange, options?: EditOptions) => void {
  return useWorkflow((state) => state.updateNodeData);
}

/** The nodes whose outputs a node may read, nearest first; containers around it are among them. */
export function useUpstream(id: string): readonly FlowNode[] {
  const nodes = useWorkflow((state) => state.nodes);
  const edges: readonly FlowEdge[] = useWorkflow((state) => state.edges);
  return useMemo(() => upstreamOf(nodes, edges, id), [nodes, edges, id]);
}

export function useEnvironmentVariables(): readonly FlowVariable[] {
  return useWorkflow((state) => state.environmentVariables);
}

export function useConversationVariables(): readonly FlowVariable[] {
  return useWorkflow((state) => state.conversationVariables);
}

/** Rewrites every reference to a variable, and to what lies inside it. */
export function useRenameVariable(): (from: Selector, to: Selector) => void {
  return useWorkflow((state) => state.renameVariable);
}

export function useSelectedNodeIds(): ReadonlySet<string> {
  return useWorkflow((state) => state.selectedNodeIds);
}

/** Opens the settings of a node, or closes them with null. */
export function useOpenPanel(): (id: string | null) => void {
  return useWorkflow((state) => state.openPanel);
}

/** What saves the open app by itself. */
export const SavingContext = createContext<Saving | null>(null);

/** `flush()` before anything that works on the saved draft: a run, a check, publishing. */
export function useSaving(): Saving {
  const saving = useContext(SavingContext);
  if (saving === null) throw new Error("No workflow is open around this component.");
  return saving;
}

export function useSaveState<T>(select: (state: SaveState) => T): T {
  return useStore(useSaving().state, select);
}
