import { isJsonObject, type JsonValue } from "@/api/json";
import { byId } from "./lookup";
import type { FlowDocument, FlowEdge, FlowNode, FlowVariable } from "./types";

/** A setting that differs, by its path inside of a node's data. */
export interface FieldChange {
  path: string;
  before: JsonValue | undefined;
  after: JsonValue | undefined;
}

export interface NodeChange {
  id: string;
  type: string;
  title: string;
  kind: "added" | "removed" | "changed" | "moved";
  fields: FieldChange[];
}

export interface EdgeChange {
  id: string;
  kind: "added" | "removed";
  /** Titles of its ends. */
  from: string;
  to: string;
}

export interface OtherChange {
  kind: "added" | "removed" | "changed";
  /** `env.name`, `conversation.name`, or the name of a feature. */
  name: string;
  before: JsonValue | undefined;
  after: JsonValue | undefined;
}

export interface Comparison {
  nodes: NodeChange[];
  edges: EdgeChange[];
  others: OtherChange[];
}

/** Keys that say where a card is or what was selected, and nothing about what it does. */
const LOOKS = new Set(["selected", "width", "height"]);

/** What is different in `after`. */
export function compare(before: FlowDocument, after: FlowDocument): Comparison {
  return {
    nodes: nodeChanges(before.nodes, after.nodes),
    edges: edgeChanges(before, after),
    others: [
      ...variableChanges("env", before.environmentVariables, after.environmentVariables),
      ...variableChanges("conversation", before.conversationVariables, after.conversationVariables),
      ...Object.keys({ ...before.features, ...after.features }).flatMap((name): OtherChange[] =>
        equal(before.features[name], after.features[name])
          ? []
          : [{ kind: "changed", name, before: before.features[name], after: after.features[name] }],
      ),
    ],
  };
}

export function sizeOfComparison({ nodes, edges, others }: Comparison): number {
  return nodes.length + edges.length + others.length;
}

function nodeChanges(before: readonly FlowNode[], after: readonly FlowNode[]): NodeChange[] {
  const [old, fresh] = [byId(before), byId(after)];
  const change = (node: FlowNode, kind: NodeChange["kind"], fields: FieldChange[] = []): NodeChange => ({
    id: node.id,
    type: node.data.type,
    title: node.data.title,
    kind,
    fields,
  });
  const kept = after.flatMap((node): NodeChange[] => {
    const was = old.get(node.id);
    if (was === undefined) return [change(node, "added")];
    if (was === node) return [];
    const fields = fieldChanges(was.data as JsonValue, node.data as JsonValue);
    if (fields.length > 0) return [change(node, "changed", fields)];
    const moved = was.position.x !== node.position.x || was.position.y !== node.position.y;
    return moved ? [change(node, "moved")] : [];
  });
  return [...before.filter((node) => !fresh.has(node.id)).map((node) => change(node, "removed")), ...kept];
}

function fieldChanges(before: JsonValue | undefined, after: JsonValue | undefined, path = ""): FieldChange[] {
  if (equal(before, after)) return [];
  if (!isJsonObject(before) || !isJsonObject(after)) return [{ path, before, after }];
  return Object.keys({ ...before, ...after })
    .filter((key) => path !== "" || (!LOOKS.has(key) && !key.startsWith("_")))
    .flatMap((key) => fieldChanges(before[key], after[key], path === "" ? key : `${path}.${key}`));
}

function edgeChanges(before: FlowDocument, after: FlowDocument): EdgeChange[] {
  const key = (edge: FlowEdge): string => `${edge.source} ${edge.sourceHandle ?? "source"} ${edge.target}`;
  const [old, fresh] = [new Set(before.edges.map(key)), new Set(after.edges.map(key))];
  const change = (doc: FlowDocument, edge: FlowEdge, kind: EdgeChange["kind"]): EdgeChange => {
    const nodes = byId(doc.nodes);
    const title = (id: string): string => {
      const data = nodes.get(id)?.data;
      return data === undefined ? id : data.title || data.type;
    };
    return { id: edge.id, kind, from: title(edge.source), to: title(edge.target) };
  };
  return [
    ...before.edges.filter((edge) => !fresh.has(key(edge))).map((edge) => change(before, edge, "removed")),
    ...after.edges.filter((edge) => !old.has(key(edge))).map((edge) => change(after, edge, "added")),
  ];
}

function variableChanges(space: string, before: readonly FlowVariable[], after: readonly FlowVariable[]): OtherChange[] {
  const [old, fresh] = [new Map(before.map((each) => [each.name, each])), new Map(after.map((each) => [each.name, each]))];
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((name): OtherChange[] => {
    const [was, is] = [old.get(name), fresh.get(name)];
    const same = was?.value_type === is?.value_type && equal(was?.value, is?.value) && was?.description === is?.description;
    if (same) return [];
    const kind = was === undefined ? "added" : is === undefined ? "removed" : "changed";
    return [{ kind, name: `${space}.${name}`, before: was?.value, after: is?.value }];
  });
}

export function equal(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (one === other) return true;
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((item, at) => equal(item, other[at]));
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && equal(one[key], other[key]));
}
