import { beforeEach, describe, expect, it, vi } from "vitest";
import { arranged } from "../graph/arranging";
import { clipOf, duplicate, paste } from "../graph/clipboard";
import { addNode, changeType, connect, remove } from "../graph/editing";
import { organised } from "../graph/layout";
import { madeNote } from "../graph/making";
import { movedTo, resized } from "../graph/placing";
import type { FlowDocument, FlowNode, FlowVariable, NodeData } from "../graph/types";
import type { ChangeKind } from "./history";
import { createWorkflowStore, documentOf, type WorkflowState } from "./store";

function node(id: string, type: string, x: number, y: number, data: Partial<NodeData> = {}): FlowNode {
  return { id, type: "custom", data: { type, title: id, ...data }, position: { x, y } };
}

function variable(name: string, scope: string): FlowVariable {
  return { id: name, name, description: "", value_type: "boolean", value: true, selector: [scope, name] };
}

const OPENED: FlowDocument = {
  nodes: [
    node("start", "start", 0, 0),
    node("code", "code", 90, 70),
    node("reader", "llm", 700, 300, { from: ["code", "result"] }),
    madeNote("note", { x: 0, y: 500 }, "Bo"),
  ],
  edges: [{ id: "edge", source: "start", sourceHandle: "source", target: "code", targetHandle: "target" }],
  environmentVariables: [],
  conversationVariables: [],
  pipelineVariables: [],
  features: {},
};
const PLACE = { mode: "advanced-chat", hasStart: true, hasTrigger: false } as const;
const NOW = 1_700_000_000_000;

function opened(editable = true) {
  return createWorkflowStore({ appId: "app", mode: "advanced-chat", editable, doc: OPENED, viewport: { x: 0, y: 0, zoom: 1 } });
}

function pasted(doc: FlowDocument): FlowDocument {
  const clip = clipOf(doc, ["code"]);
  return clip === null ? doc : paste(doc, clip, PLACE, { x: 400, y: 400 }, NOW).doc;
}

/** Every kind of change as the canvas makes it; a kind without a row here does not compile. */
const CHANGES: Record<Exclude<ChangeKind, "opened">, (state: WorkflowState) => void> = {
  nodeAdded: ({ edit }) =>
    edit({ kind: "nodeAdded" }, (doc) => addNode(doc, { type: "code", title: "More" }, { kind: "after", source: "code", sourceHandle: "source" }, NOW).doc),
  nodeDeleted: ({ edit }) => edit({ kind: "nodeDeleted" }, (doc) => remove(doc, ["code"])),
  nodeMoved: ({ edit }) => edit({ kind: "nodeMoved" }, (doc) => movedTo(doc, new Map([["code", { x: 5, y: 6 }]]))),
  nodeChanged: ({ updateNodeData }) => updateNodeData("code", { code: "def main(): return {}" }),
  nodeRenamed: ({ updateNodeData }) => updateNodeData("code", { title: "Cut" }, { history: "nodeRenamed" }),
  nodeDescribed: ({ updateNodeData }) => updateNodeData("code", { desc: "Cuts words" }, { history: "nodeDescribed" }),
  nodeReplaced: ({ edit }) => edit({ kind: "nodeReplaced" }, (doc) => changeType(doc, "code", { type: "template-transform", title: "Template" })),
  nodeResized: ({ edit }) => edit({ kind: "nodeResized" }, (doc) => resized(doc, "note", { width: 400, height: 300 })),
  connected: ({ edit }) => edit({ kind: "connected" }, (doc) => connect(doc, { source: "code", sourceHandle: "source", target: "reader" })),
  edgeDeleted: ({ edit }) => edit({ kind: "edgeDeleted" }, (doc) => remove(doc, [], new Set(["edge"]))),
  pasted: ({ edit }) => edit({ kind: "pasted" }, pasted),
  duplicated: ({ edit }) => edit({ kind: "duplicated" }, (doc) => duplicate(doc, ["code"], PLACE, NOW).doc),
  noteAdded: ({ edit }) => edit({ kind: "noteAdded" }, (doc) => ({ ...doc, nodes: [...doc.nodes, madeNote("other", { x: 9, y: 9 }, "Bo")] })),
  noteChanged: ({ updateNodeData }) => updateNodeData("note", { theme: "violet" }, { history: "noteChanged" }),
  noteDeleted: ({ edit }) => edit({ kind: "noteDeleted" }, (doc) => remove(doc, ["note"])),
  organised: ({ edit }) => edit({ kind: "organised" }, organised),
  aligned: ({ edit }) => edit({ kind: "aligned" }, (doc) => arranged(doc, ["code", "reader"], "left")),
  variablesChanged: ({ setEnvironmentVariables }) => setEnvironmentVariables([variable("loud", "env")], "loud"),
  variableRenamed: ({ renameVariable }) => renameVariable(["code", "result"], ["code", "words"]),
  featuresChanged: ({ changeFeatures }) => changeFeatures((features) => ({ ...features, opening_statement: "Ahoy" })),
  restored: ({ replace }) => replace({ ...OPENED, nodes: OPENED.nodes.slice(0, 1), edges: [] }),
};
const KINDS = Object.keys(CHANGES) as (keyof typeof CHANGES)[];

describe("the history of a canvas", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
    return () => vi.useRealTimers();
  });

  it.each(KINDS)("takes %s back and makes it again", (kind) => {
    const store = opened();
    CHANGES[kind](store.getState());
    const changed = documentOf(store.getState());
    expect(changed).not.toEqual(OPENED);
    expect(store.getState().history.steps.map((step) => step.kind)).toEqual(["opened", kind]);
    store.getState().undo();
    expect(documentOf(store.getState())).toEqual(OPENED);
    store.getState().redo();
    expect(documentOf(store.getState())).toEqual(changed);
    expect(store.getState().revision).toBe(3); // each of them is saved
  });

  it.each(KINDS)("has no %s where one may only look", (kind) => {
    const store = opened(false);
    CHANGES[kind](store.getState());
    expect(documentOf(store.getState())).toEqual(OPENED);
    expect(store.getState().history.steps).toHaveLength(1);
  });

  it.each(["setConversationVariables", "setPipelineVariables"] as const)("knows %s", (change) => {
    const store = opened();
    if (change === "setConversationVariables") store.getState().setConversationVariables([variable("mood", "conversation")]);
    else store.getState().setPipelineVariables([{ belong_to_node_id: "shared", type: "text-input", label: "Tone", variable: "tone" }]);
    expect(documentOf(store.getState())).not.toEqual(OPENED);
    store.getState().undo();
    expect(documentOf(store.getState())).toEqual(OPENED);
  });

  it("is walked step by step, jumped in, cut off by a new change, and cleared", () => {
    const store = opened();
    const { edit, jump, undo, clearHistory } = store.getState();
    for (const x of [1, 2, 3]) edit({ kind: "nodeMoved" }, (doc) => movedTo(doc, new Map([["code", { x, y: 0 }]])));
    const place = () => store.getState().nodes.find(({ id }) => id === "code")?.position.x;
    jump(1);
    expect(place()).toBe(1);
    jump(3);
    expect(place()).toBe(3);
    undo();
    undo();
    edit({ kind: "nodeMoved" }, (doc) => movedTo(doc, new Map([["code", { x: 9, y: 0 }]])));
    expect(store.getState().history).toMatchObject({ at: 2, steps: { length: 3 } });
    clearHistory();
    expect(store.getState().history).toMatchObject({ at: 0, steps: { length: 1 } });
    undo();
    expect(place()).toBe(9);
  });

  it("makes one step of what is typed at once, and another after a pause", () => {
    const store = opened();
    const write = (title: string) => store.getState().updateNodeData("code", { title }, { history: "nodeRenamed" });
    write("C");
    vi.advanceTimersByTime(400);
    write("Cu");
    expect(store.getState().history.steps).toHaveLength(2);
    vi.advanceTimersByTime(1500);
    write("Cut");
    expect(store.getState().history.steps).toHaveLength(3);
  });

  it("does not join what is typed to a step that was gone back to", () => {
    const store = opened();
    const write = (title: string) => store.getState().updateNodeData("code", { title }, { history: "nodeRenamed" });
    write("Cut");
    CHANGES.nodeMoved(store.getState());
    store.getState().undo();
    write("Cutter");
    store.getState().undo();
    expect(store.getState().nodes.find(({ id }) => id === "code")?.data.title).toBe("Cut");
  });
});
