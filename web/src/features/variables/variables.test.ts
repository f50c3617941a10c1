import { describe, expect, it } from "vitest";
import type { FlowEdge, FlowNode, NodeData } from "@/features/workflow/graph/types";
import { choicesOf, scopeOf } from "./scope";
import { canBeWritten, nameProblem, piecesOf, referenceTo } from "./tokens";
import { accepts, arrayOf, itemType, variablesOfSchema } from "./types";

function node(id: string, data: Partial<NodeData> & { type: string }, parentId?: string): FlowNode {
  return { id, type: "custom", data: { title: id.toUpperCase(), ...data }, position: { x: 0, y: 0 }, ...(parentId === undefined ? {} : { parentId }) };
}

function edge(source: string, target: string): FlowEdge {
  return { id: `${source}-${target}`, source, target };
}

const nodes: FlowNode[] = [
  node("start", {
    type: "start",
    variables: [
      { variable: "topic", type: "text-input", label: "Topic" },
      { variable: "docs", type: "file-list" },
      { variable: "doc", type: "file" },
      { variable: "order", type: "json_object", json_schema: { type: "object", properties: { id: { type: "integer" }, lines: { type: "array", items: { type: "object" } } } } },
    ],
  }),
  node("code", { type: "code", outputs: { rows: { type: "array[object]" }, info: { type: "object", children: { page: { type: "number" } } } } }),
  node("each", { type: "iteration", iterator_selector: ["start", "docs"], output_selector: ["inner", "text"], output_type: "array[string]" }),
  node("inner", { type: "document-extractor", variable_selector: ["each", "item"] }, "each"),
  node("late", { type: "llm", structured_output_enabled: true, structured_output: { schema: { type: "object", properties: { city: { type: "string" } } } } }),
  node("pick", { type: "variable-aggregator", output_type: "any", variables: [["code", "info", "page"], ["late", "gone"]] }),
  node("aside", { type: "template-transform" }),
];
const graph = {
  nodes,
  edges: [edge("start", "code"), edge("code", "each"), edge("each", "late"), edge("late", "pick")],
  environmentVariables: [{ id: "1", name: "KEY", description: "", value_type: "secret", value: "", selector: ["env", "KEY"] }],
  conversationVariables: [{ id: "2", name: "seen", description: "", value_type: "array[string]", value: [], selector: ["conversation", "seen"] }],
  pipelineVariables: [],
};

describe("the types", () => {
  it("of lists and items belong together", () => {
    expect([itemType("array[file]"), itemType("string"), arrayOf("number"), arrayOf("array[string]")]).toEqual(["file", "any", "array[number]", "array[any]"]);
  });

  it("are accepted when they fit, and when nobody knows them", () => {
    expect([accepts("string", ["string"]), accepts("secret", ["string"]), accepts("any", ["file"]), accepts("number", undefined)]).toEqual([true, true, true, true]);
    expect([accepts("number", ["string"]), accepts("array[file]", ["file"]), accepts("array[any]", ["array[string]"]), accepts("string", ["array[string]"])]).toEqual([false, false, true, false]);
  });

  it("are read from JSON Schema, as deep as it goes", () => {
    const schema = { type: "object", properties: { a: { type: ["string", "null"] }, b: { type: "object", properties: { c: { type: "array", items: { type: "number" } } } } } };
    expect(variablesOfSchema(schema)).toEqual([
      { name: "a", type: "string" },
      { name: "b", type: "object", children: [{ name: "c", type: "array[number]" }] },
    ]);
  });
});

describe("what a node may read", () => {
  const scope = scopeOf(graph, "advanced-chat", "late");

  it("is what runs before it, then the conversation, the environment and the system", () => {
    expect(scope.groups.map((group) => group.id)).toEqual(["each", "code", "start", "conversation", "env", "sys"]);
  });

  it("has types, through containers and their bodies", () => {
    expect(scope.resolve(["each", "output"])).toMatchObject({ state: "ok", type: "array[string]", title: "EACH" });
    expect(scope.resolve(["start", "order", "id"])).toMatchObject({ state: "ok", type: "number" });
    expect(scope.resolve(["start", "doc", "extension"])).toMatchObject({ state: "ok", type: "string" });
    expect(scope.resolve(["start", "sys.query"])).toMatchObject({ state: "ok", type: "string" });
  });

  it("knows what is gone, and what is elsewhere", () => {
    expect(scope.resolve(["start", "nothing"]).state).toBe("missing");
    expect(scope.resolve(["deleted", "text"]).state).toBe("missing");
    expect(scope.resolve(["aside", "output"]).state).toBe("outside");
    expect(scope.resolve(["pick", "output"]).state).toBe("outside");
  });

  it("inside a container has its item and index", () => {
    const inside = scopeOf(graph, "workflow", "inner");
    expect(inside.groups.find((group) => group.id === "each")?.variables).toEqual([{ name: "item", type: "file" }, { name: "index", type: "number" }]);
    expect(inside.groups.map((group) => group.id)).not.toContain("conversation");
  });

  it("of a container's body is offered for its output alone", () => {
    expect(scopeOf(graph, "workflow", "each", { body: true }).groups.map((group) => group.id)).toEqual(["inner"]);
  });

  it("an aggregator gives the type that its variables share", () => {
    expect(scopeOf(graph, "workflow", "pick").resolve(["pick", "output"]).type).toBe("number");
    expect(scopeOf(graph, "workflow", "pick").resolve(["late", "structured_output", "city"]).state).toBe("ok");
  });
});

describe("the picker", () => {
  const scope = scopeOf(graph, "advanced-chat", "late");
  const paths = (accepted?: string[], search?: string) =>
    choicesOf(scope, accepted, search).flatMap((group) => group.choices.map((choice) => `${choice.selector.join(".")}${choice.selectable ? "" : " ·"}`));

  it("leaves out types that do not fit, but not what holds one that does", () => {
    expect(paths(["number"]).filter((path) => !path.startsWith("sys."))).toEqual(["code.info ·", "code.info.page", "start.doc ·", "start.doc.size", "start.order ·", "start.order.id"]);
  });

  it("finds by path and by origin", () => {
    expect(paths(undefined, "topic")).toEqual(["start.topic"]);
    expect(paths(["array[file]"], "START")).toEqual(["start.docs"]);
  });
});

describe("references in texts", () => {
  it("are told from the text around them", () => {
    expect(piecesOf("Hi {{#start.topic#}}, {{#context#}} {{ x }}")).toEqual([
      { text: "Hi " },
      { selector: ["start", "topic"] },
      { text: ", " },
      { block: "context" },
      { text: " {{ x }}" },
    ]);
  });

  it("can only hold names without dots and dashes", () => {
    expect([canBeWritten(["start", "topic"]), canBeWritten(["start", "sys.query"]), canBeWritten(["a", "b".repeat(31)])]).toEqual([true, false, false]);
    expect(referenceTo(["a", "b", "c"])).toBe("{{#a.b.c#}}");
  });

  it("need names that programs can use", () => {
    expect(["", "1a", "a b", "é", "x".repeat(31), "a", "ok_1"].map((name) => nameProblem(name, ["a"]))).toEqual([
      "empty", "startsWithDigit", "badCharacter", "badCharacter", "tooLong", "duplicate", null,
    ]);
  });
});
