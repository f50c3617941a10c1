import { describe, expect, it } from "vitest";
import { copied, paste, readClip } from "./clipboard";
import { compare } from "./comparing";
import { graphOf, openDraft } from "./draft";
import { addNode, connect, remove } from "./editing";
import { organised } from "./layout";
import { fansOf, reconnected } from "./reconnecting";
import { merged } from "./merging";
import { problemsOf } from "./problems";
import { referencesIn, renameInDocument } from "./references";
import { refusalOf } from "./rules";
import type { FlowDocument, FlowNode, NodeData } from "./types";
import { upstreamOf } from "./upstream";

function node(id: string, type: string, data: Partial<NodeData> = {}, more: Partial<FlowNode> = {}): FlowNode {
  return { id, type: "custom", data: { type, title: id, ...data }, position: { x: 0, y: 0 }, ...more };
}

function doc(nodes: FlowNode[], ...pairs: [string, string][]): FlowDocument {
  const edges = pairs.map(([source, target]) => ({ id: `${source}-${target}`, source, sourceHandle: "source", target, targetHandle: "target" }));
  return { nodes, edges, environmentVariables: [], conversationVariables: [], pipelineVariables: [], features: {} };
}

const chain = doc(
  [node("start", "start"), node("a", "code"), node("b", "llm", { text: "{{#a.result#}} and {{#a.other.key#}}", from: ["a", "result"] }), node("end", "end")],
  ["start", "a"],
  ["a", "b"],
  ["b", "end"],
);

describe("a draft", () => {
  it("is saved as it was opened, without the editor's own keys", () => {
    const graph = {
      nodes: [{ id: "1", type: "custom", unknown: { deep: [1, null] }, data: { type: "llm", title: "x", strange: true }, position: { x: 1.5, y: 2 } }],
      edges: [{ id: "e", source: "1", target: "2", odd: 1 }],
      viewport: { x: 0, y: 0, zoom: 0.7 },
      extra: "kept",
    };
    const own = { ...graph, nodes: [{ ...graph.nodes[0], data: { ...graph.nodes[0]?.data, _running: true } }] };
    const opened = openDraft({ graph: own, features: {}, environment_variables: [], conversation_variables: [] });
    expect(graphOf(opened.doc, opened.viewport, opened.rest)).toEqual(graph);
  });

  it("gives a place to nodes that have none", () => {
    const graph = { nodes: [{ id: "1", data: { type: "start", title: "" }, position: null }], edges: [] };
    const { doc: opened } = openDraft({ graph: graph, features: {}, environment_variables: [], conversation_variables: [] });
    expect(opened.nodes[0]?.position).toEqual({ x: 0, y: 0 });
  });
});

describe("connecting", () => {
  it.each([
    ["a", "a", "self"],
    ["b", "a", "cycle"],
    ["a", "b", "duplicate"],
    ["b", "start", "intoStart"],
    ["end", "a", "outOfEnd"],
    ["start", "end", null],
  ])("%s to %s: %s", (source, target, refusal) => {
    expect(refusalOf(chain, { source, sourceHandle: "source", target })).toBe(refusal);
  });

  it("refuses the eleventh branch and a fourth level of forks", () => {
    const many = doc(
      [node("start", "start"), ...Array.from({ length: 11 }, (_, at) => node(`n${at}`, "code"))],
      ...Array.from({ length: 10 }, (_, at): [string, string] => ["start", `n${at}`]),
    );
    expect(refusalOf(many, { source: "start", sourceHandle: "source", target: "n10" })).toBe("tooManyBranches");
    const deep = doc(
      ["start", "a", "b", "c", "d", "x", "y", "z", "w"].map((id) => node(id, id === "start" ? "start" : "code")),
      ["start", "a"], ["start", "x"], ["a", "b"], ["a", "y"], ["b", "c"], ["b", "z"], ["c", "d"],
    ); // prettier-ignore
    expect(refusalOf(deep, { source: "c", sourceHandle: "source", target: "w" })).toBe("nestedTooDeep");
  });

  it("does not cross the border of a container", () => {
    const { doc: with_, id } = addNode(chain, { type: "iteration", title: "Each" }, { kind: "free", at: { x: 0, y: 400 } }, 5);
    const inner = with_.nodes.find((each) => each.parentId === id)?.id ?? "";
    expect(refusalOf(with_, { source: inner, sourceHandle: "source", target: "a" })).toBe("border");
  });
});

describe("editing", () => {
  it("inserts into an edge and moves what follows", () => {
    const { doc: next, id } = addNode(chain, { type: "code", title: "a" }, { kind: "between", edgeId: "a-b" }, 7);
    expect(next.edges.map((edge) => [edge.source, edge.target])).toEqual([["start", "a"], ["b", "end"], ["a", id], [id, "b"]]);
    expect(next.nodes.find((each) => each.id === id)?.data.title).toBe("a 2");
    expect(next.nodes.find((each) => each.id === "b")?.position.x).toBeGreaterThan(0);
  });

  it("removes a node with its edges and a container with its children", () => {
    const made = addNode(chain, { type: "loop", title: "Loop" }, { kind: "free", at: { x: 0, y: 400 } }, 9);
    expect(remove(made.doc, [made.id]).nodes).toEqual(chain.nodes);
    expect(remove(chain, ["a"]).edges.map((edge) => edge.id)).toEqual(["b-end"]);
    expect(remove(chain, ["start"])).toBe(chain);
  });

  it("keeps objects that do not change", () => {
    const next = connect(chain, { source: "start", sourceHandle: "source", target: "end" });
    expect(next.nodes).toBe(chain.nodes);
    expect(organised(chain).nodes.map((each) => each.data)).toEqual(chain.nodes.map((each) => each.data));
  });
});

describe("an edge led elsewhere", () => {
  const edge = chain.edges[1];

  it("stays where it is in the list, with a new end", () => {
    if (edge === undefined) throw new Error("no edge");
    const next = reconnected(chain, edge, { end: "target", nodeId: "end", handle: "target" });
    expect(typeof next === "string" ? next : next.edges.map((each) => each.id)).toEqual(["start-a", "a-source-end-target", "b-end"]);
    expect(reconnected(chain, edge, { end: "target", nodeId: "b", handle: "target" })).toBe(chain);
  });

  it("is refused as a new one would be", () => {
    if (edge === undefined) throw new Error("no edge");
    expect(reconnected(chain, edge, { end: "target", nodeId: "start", handle: "target" })).toBe("intoStart");
    expect(reconnected(chain, edge, { end: "source", nodeId: "end", handle: "source" })).toBe("outOfEnd");
  });

  it("makes a fan where several leave by one handle", () => {
    const both = connect(chain, { source: "start", sourceHandle: "source", target: "b" });
    expect(fansOf(both.edges)).toEqual([{ nodeId: "start", handle: "source", count: 2 }]);
    expect(fansOf(chain.edges)).toEqual([]);
  });
});

describe("a place for a card", () => {
  it("behind another one is not over a third", () => {
    const loose = { ...chain, edges: [] };
    const before = loose.nodes.map((each) => (each.id === "a" ? { ...each, position: { x: 300, y: 0 } } : { ...each, position: { x: 0, y: each.id === "start" ? 0 : 900 } }));
    const { doc: next, id } = addNode({ ...loose, nodes: before }, { type: "code", title: "New" }, { kind: "after", source: "start", sourceHandle: "source" }, 3);
    expect(next.nodes.find((each) => each.id === id)?.position).toEqual({ x: 300, y: 78 + 39 });
  });

  it("stays when things are organised, unless another card would lie over it", () => {
    const laid = organised(chain);
    const under = laid.nodes.find((each) => each.id === "b")?.position ?? { x: 0, y: 0 };
    const free = { x: 0, y: 4000 };
    const more = { ...laid, nodes: [...laid.nodes, { ...node("c", "code"), position: { ...under, x: under.x + 5 } }, { ...node("d", "code"), position: free }] };
    const next = organised(more);
    expect(next.nodes.find((each) => each.id === "c")?.position.y).toBeGreaterThan(under.y + 43);
    expect(next.nodes.find((each) => each.id === "d")?.position).toEqual(free);
  });
});

describe("references", () => {
  it("are found in selectors and texts, and renamed with what lies inside", () => {
    const next = renameInDocument(chain, ["a", "result"], ["a", "answer"]);
    expect(next.nodes[2]?.data).toMatchObject({ text: "{{#a.answer#}} and {{#a.other.key#}}", from: ["a", "answer"] });
    expect(next.nodes[1]).toBe(chain.nodes[1]);
    const data = chain.nodes[2]?.data;
    expect(data && referencesIn(data, (root) => root === "a")).toHaveLength(3);
  });

  it("may name what runs before, nearest first", () => {
    expect(upstreamOf(chain.nodes, chain.edges, "end").map((each) => each.id)).toEqual(["b", "a", "start"]);
  });

  it("that cannot be there are a problem", () => {
    const broken = { ...chain, edges: chain.edges.filter((edge) => edge.id !== "a-b") };
    expect(problemsOf(broken, "workflow").map((problem) => [problem.kind, problem.nodeId])).toContainEqual(["unknown-reference", "b"]);
  });
});

describe("inputs of code", () => {
  it("want a variable", () => {
    const variables = [{ variable: "set", value_selector: ["start", "q"] }, { variable: "unset", value_selector: [] }];
    const found = problemsOf(doc([node("start", "start"), node("c", "code", { variables })], ["start", "c"]), "workflow");
    expect(found.filter((problem) => problem.kind === "unset-input").map((problem) => [problem.nodeId, problem.detail])).toEqual([["c", "unset"]]);
  });
});

describe("the clipboard", () => {
  const place = { mode: "advanced-chat", hasStart: true, hasTrigger: false } as const;

  it("carries nodes with new ids and inner references, and leaves out what does not fit", () => {
    const clip = readClip(copied(chain, ["a", "b", "end"]) ?? "");
    const pasted = clip && paste(chain, clip, place, null, 100);
    const [a, b] = pasted?.ids ?? [];
    expect(pasted?.skipped).toEqual(["end"]);
    expect(pasted?.doc.nodes.at(-1)?.data).toMatchObject({ title: "b 2", from: [a, "result"], text: `{{#${a}.result#}} and {{#${a}.other.key#}}` });
    expect(pasted?.doc.edges.at(-1)).toMatchObject({ source: a, target: b });
  });

  it("is left alone when it holds something else", () => {
    expect([readClip("hello"), readClip('{"format": "other"}'), readClip("{")]).toEqual([null, null, null]);
  });
});

describe("two people", () => {
  it("are brought together when they changed different things, and not otherwise", () => {
    const change = (id: string, desc: string): FlowDocument => ({
      ...chain,
      nodes: chain.nodes.map((each) => (each.id === id ? { ...each, data: { ...each.data, desc } } : each)),
    });
    expect(merged(chain, change("a", "mine"), change("b", "theirs"))?.nodes.map((each) => each.data.desc)).toEqual([undefined, "mine", "theirs", undefined]);
    expect(merged(chain, change("a", "mine"), change("a", "theirs"))).toBeNull();
    expect(merged(chain, change("a", "mine"), remove(chain, ["a"]))).toBeNull();
  });

  it("see what differs, field by field", () => {
    const after = { ...chain, nodes: chain.nodes.map((each) => (each.id === "b" ? { ...each, data: { ...each.data, text: "new" } } : each)) };
    expect(compare(chain, after)).toEqual({
      nodes: [{ id: "b", type: "llm", title: "b", kind: "changed", fields: [{ path: "text", before: chain.nodes[2]?.data.text, after: "new" }] }],
      edges: [],
      others: [],
    });
  });
});
