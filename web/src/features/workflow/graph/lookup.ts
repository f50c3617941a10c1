import type { FlowEdge, FlowNode } from "./types";

type Groups<T> = ReadonlyMap<string, readonly T[]>;

const indexes = new WeakMap<readonly FlowNode[], ReadonlyMap<string, FlowNode>>();
const families = new WeakMap<readonly FlowNode[], Groups<FlowNode>>();
const outgoing = new WeakMap<readonly FlowEdge[], Groups<FlowEdge>>();
const incoming = new WeakMap<readonly FlowEdge[], Groups<FlowEdge>>();

/** The nodes by id. Made once for each list, as lists are never changed in place. */
export function byId(nodes: readonly FlowNode[]): ReadonlyMap<string, FlowNode> {
  return once(indexes, nodes, () => new Map(nodes.map((node) => [node.id, node])));
}

export function edgesFrom(edges: readonly FlowEdge[], id: string): readonly FlowEdge[] {
  return once(outgoing, edges, () => grouped(edges, (edge) => edge.source)).get(id) ?? [];
}

export function edgesInto(edges: readonly FlowEdge[], id: string): readonly FlowEdge[] {
  return once(incoming, edges, () => grouped(edges, (edge) => edge.target)).get(id) ?? [];
}

export function childrenOf(nodes: readonly FlowNode[], id: string): readonly FlowNode[] {
  return once(families, nodes, () => grouped(nodes, (node) => node.parentId ?? "")).get(id) ?? [];
}

export function grouped<T>(items: readonly T[], key: (item: T) => string): Groups<T> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

function once<K extends object, V>(cache: WeakMap<K, V>, key: K, make: () => V): V {
  let value = cache.get(key);
  if (value === undefined) {
    value = make();
    cache.set(key, value);
  }
  return value;
}
