import type { JsonValue } from "@/api/json";
import type { FlowDocument, FlowNode, NodeData, Selector } from "./types";

/** `{{#node.name.key#}}` in texts (spec app-dsl §11.1). */
const TEMPLATE = /\{\{#([a-zA-Z0-9_-]{1,50}(?:\.[a-zA-Z_][a-zA-Z0-9_]*){1,10})#\}\}/g;

/** Keys whose value is a list of words and never a selector. */
const NO_SELECTOR = new Set([
  "options",
  "dataset_ids",
  "allowed_file_types",
  "allowed_file_extensions",
  "allowed_file_upload_methods",
  "weekdays",
  "enum",
  "required",
]);

/** Every variable that the settings of a node read, as often as they do. */
export function referencesIn(data: NodeData, known: (root: string) => boolean): Selector[] {
  const found: Selector[] = [];
  visit(data as JsonValue, undefined, {
    selector: (value) => {
      if (known(value[0] ?? "")) found.push(value);
      return value;
    },
    text: (text) => {
      for (const match of text.matchAll(TEMPLATE)) found.push((match[1] ?? "").split("."));
      return text;
    },
  });
  return found;
}

/** The node with every reference to `from`, and to what lies inside it, turned to `to`. The same object if there is none. */
export function renamedIn(node: FlowNode, from: Selector, to: Selector): FlowNode {
  const data = visit(node.data as JsonValue, undefined, {
    selector: (value) => (startsWith(value, from) ? [...to, ...value.slice(from.length)] : value),
    text: (text) =>
      text.replace(TEMPLATE, (whole: string, path: string) => {
        const parts = path.split(".");
        return startsWith(parts, from) ? `{{#${[...to, ...parts.slice(from.length)].join(".")}#}}` : whole;
      }),
  });
  return data === node.data ? node : { ...node, data: data as NodeData };
}

export function renameInDocument<T extends FlowDocument>(doc: T, from: Selector, to: Selector): T {
  const nodes = doc.nodes.map((node) => renamedIn(node, from, to));
  return nodes.every((node, at) => node === doc.nodes[at]) ? doc : { ...doc, nodes };
}

/** The nodes that read a variable, or with only a node's id anything of that node. */
export function readersOf(nodes: readonly FlowNode[], selector: Selector): FlowNode[] {
  const root = selector[0];
  return nodes.filter((node) => referencesIn(node.data, (id) => id === root).some((read) => startsWith(read, selector)));
}

function startsWith(value: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((part, at) => value[at] === part);
}

interface Visitor {
  selector: (value: Selector) => Selector;
  text: (text: string) => string;
}

function visit(value: JsonValue, key: string | undefined, visitor: Visitor): JsonValue {
  if (typeof value === "string") return value.includes("{{#") ? visitor.text(value) : value;
  if (Array.isArray(value)) {
    if (isSelector(value) && !NO_SELECTOR.has(key ?? "")) return visitor.selector(value);
    const items = value.map((item) => visit(item, key, visitor));
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  if (typeof value !== "object" || value === null) return value;
  let changed: Record<string, JsonValue> | undefined;
  for (const [name, item] of Object.entries(value)) {
    const next = visit(item, name, visitor);
    if (next !== item) (changed ??= { ...value })[name] = next;
  }
  return changed ?? value;
}

function isSelector(value: JsonValue[]): value is Selector {
  return value.length >= 2 && value.every((part) => typeof part === "string" && part !== "" && !part.includes("{{"));
}
