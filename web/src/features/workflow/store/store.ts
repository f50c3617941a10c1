import { createStore, type StoreApi } from "zustand/vanilla";
import type { JsonObject } from "@/api/json";
import { byId } from "../graph/lookup";
import { renameInDocument } from "../graph/references";
import type { FlowDocument, FlowMode, FlowNode, FlowVariable, NodeData, PipelineVariable, Selector, Viewport } from "../graph/types";
import { begin, cleared, record, type Change, type ChangeKind, type History } from "./history";

/** Either the members that change, or what makes the new data of the old; the same data back is no change. */
export type DataChange = Partial<NodeData> | ((data: NodeData) => NodeData);

export interface EditOptions {
  /** How the list of changes calls it; `nodeChanged` if left out. */
  history?: ChangeKind;
  /** Changes with the same key that follow each other at once are one step; the node's own key if left out. */
  merge?: string;
}

export interface WorkflowState extends FlowDocument {
  appId: string;
  mode: FlowMode;
  /** False for members who may only look, and while a version is shown. */
  editable: boolean;
  viewport: Viewport;
  history: History;
  /** Grows with every change of the document, and never otherwise. */
  revision: number;
  selectedNodeIds: ReadonlySet<string>;
  selectedEdgeIds: ReadonlySet<string>;
  /** The node whose settings are open. */
  panelNodeId: string | null;

  /** Changes the document as one step of the history. Nothing happens when `change` gives the same document back. */
  edit: (change: Change, edit: (doc: FlowDocument) => FlowDocument) => void;
  updateNodeData: (id: string, change: DataChange, options?: EditOptions) => void;
  /** Replaces a variable's path in everything that reads it, as one step with what `also` changes. */
  renameVariable: (from: Selector, to: Selector, also?: (doc: FlowDocument) => FlowDocument) => void;
  setEnvironmentVariables: (variables: readonly FlowVariable[], subject?: string) => void;
  setConversationVariables: (variables: readonly FlowVariable[], subject?: string) => void;
  setPipelineVariables: (variables: readonly PipelineVariable[], subject?: string) => void;
  changeFeatures: (change: (features: JsonObject) => JsonObject) => void;
  setViewport: (viewport: Viewport) => void;
  select: (nodes: Iterable<string>, edges?: Iterable<string>) => void;
  openPanel: (id: string | null) => void;
  undo: () => void;
  redo: () => void;
  jump: (step: number) => void;
  clearHistory: () => void;
  /** Takes another document in place of this one, as one step that can be undone. */
  replace: (doc: FlowDocument, viewport?: Viewport) => void;
}

export type WorkflowStore = StoreApi<WorkflowState>;

interface Opening {
  appId: string;
  mode: FlowMode;
  editable: boolean;
  doc: FlowDocument;
  viewport: Viewport;
}

const NONE: ReadonlySet<string> = new Set();

/** The editor's state of one open app. */
export function createWorkflowStore({ appId, mode, editable, doc, viewport }: Opening): WorkflowStore {
  return createStore<WorkflowState>()((set, get) => {
    const shown = (next: FlowDocument, history: History): Partial<WorkflowState> => {
      const state = get();
      const nodes = byId(next.nodes);
      const edges = new Set(next.edges.map((edge) => edge.id));
      return {
        ...next,
        history,
        revision: state.revision + 1,
        selectedNodeIds: kept(state.selectedNodeIds, (id) => nodes.has(id)),
        selectedEdgeIds: kept(state.selectedEdgeIds, (id) => edges.has(id)),
        panelNodeId: state.panelNodeId !== null && nodes.has(state.panelNodeId) ? state.panelNodeId : null,
      };
    };
    const edit: WorkflowState["edit"] = (change, recipe) => {
      const state = get();
      if (!state.editable) return;
      const before = documentOf(state);
      const after = recipe(before);
      if (after === before) return;
      set(shown(after, record(state.history, change, after, Date.now())));
    };
    const jump = (step: number): void => {
      const { history, editable } = get();
      const target = history.steps[step];
      if (target === undefined || step === history.at || !editable) return;
      set(shown(target.doc, { ...history, at: step }));
    };
    return {
      ...doc,
      appId,
      mode,
      editable,
      viewport,
      history: begin(doc, Date.now()),
      revision: 0,
      selectedNodeIds: NONE,
      selectedEdgeIds: NONE,
      panelNodeId: null,
      edit,
      updateNodeData: (id, change, { history = "nodeChanged", merge } = {}) => {
        const node = byId(get().nodes).get(id);
        if (node === undefined) return;
        const data = typeof change === "function" ? change(node.data) : changedData(node.data, change);
        if (data === node.data) return;
        const step: Change = { kind: history, subject: data.title || node.data.title, merge: merge ?? `${history}:${id}` };
        edit(step, (before) => ({ ...before, nodes: withNode(before.nodes, id, (old) => ({ ...old, data })) }));
      },
      renameVariable: (from, to, also = (same) => same) => {
        edit({ kind: "variableRenamed", subject: to.at(-1), merge: `rename:${from[0] ?? ""}` }, (before) =>
          renameInDocument(also(before), from, to),
        );
      },
      setEnvironmentVariables: (environmentVariables, subject) =>
        edit({ kind: "variablesChanged", subject }, (before) => ({ ...before, environmentVariables })),
      setConversationVariables: (conversationVariables, subject) =>
        edit({ kind: "variablesChanged", subject }, (before) => ({ ...before, conversationVariables })),
      setPipelineVariables: (pipelineVariables, subject) =>
        edit({ kind: "variablesChanged", subject }, (before) => ({ ...before, pipelineVariables })),
      changeFeatures: (change) => {
        const before = get().features;
        const features = change(before);
        const touched = Object.keys({ ...before, ...features }).filter((name) => before[name] !== features[name]);
        edit({ kind: "featuresChanged", merge: `features:${touched.join()}` }, (doc) => ({ ...doc, features }));
      },
      setViewport: (next) => set({ viewport: { ...get().viewport, ...next } }),
      select: (nodes, edges = []) => {
        const state = get();
        const selectedNodeIds = sameOr(state.selectedNodeIds, new Set(nodes));
        const selectedEdgeIds = sameOr(state.selectedEdgeIds, new Set(edges));
        if (selectedNodeIds !== state.selectedNodeIds || selectedEdgeIds !== state.selectedEdgeIds) {
          set({ selectedNodeIds, selectedEdgeIds });
        }
      },
      openPanel: (panelNodeId) => set({ panelNodeId }),
      undo: () => jump(get().history.at - 1),
      redo: () => jump(get().history.at + 1),
      jump,
      clearHistory: () => set({ history: cleared(get().history) }),
      replace: (next, at) => {
        edit({ kind: "restored" }, () => next);
        if (at !== undefined) set({ viewport: at });
      },
    };
  });
}

export function documentOf(state: FlowDocument): FlowDocument {
  const { nodes, edges, environmentVariables, conversationVariables, pipelineVariables, features } = state;
  return { nodes, edges, environmentVariables, conversationVariables, pipelineVariables, features };
}

/** The list with one node changed; all others stay the same objects, and with them their cards. */
export function withNode(nodes: readonly FlowNode[], id: string, change: (node: FlowNode) => FlowNode): readonly FlowNode[] {
  return nodes.map((node) => (node.id === id ? change(node) : node));
}

function changedData(data: NodeData, change: Partial<NodeData>): NodeData {
  const same = Object.entries(change).every(([key, value]) => data[key] === value);
  return same ? data : { ...data, ...change };
}

function kept(ids: ReadonlySet<string>, still: (id: string) => boolean): ReadonlySet<string> {
  const left = [...ids].filter(still);
  return left.length === ids.size ? ids : new Set(left);
}

function sameOr(before: ReadonlySet<string>, after: ReadonlySet<string>): ReadonlySet<string> {
  return before.size === after.size && [...after].every((id) => before.has(id)) ? before : after;
}
