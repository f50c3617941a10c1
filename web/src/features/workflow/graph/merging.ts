import { equal } from "./comparing";
import type { FlowDocument } from "./types";
import type { JsonObject, JsonValue } from "@/api/json";

/**
 * What two people made of the same document, together; null when both changed the same node, edge, variable or feature
 * in different ways. `base` is what both began with.
 */
export function merged(base: FlowDocument, mine: FlowDocument, theirs: FlowDocument): FlowDocument | null {
  const nodes = mergedList(base.nodes, mine.nodes, theirs.nodes);
  const edges = mergedList(base.edges, mine.edges, theirs.edges);
  const environmentVariables = mergedList(base.environmentVariables, mine.environmentVariables, theirs.environmentVariables);
  const conversationVariables = mergedList(base.conversationVariables, mine.conversationVariables, theirs.conversationVariables);
  const pipelineVariables = pick(base.pipelineVariables, mine.pipelineVariables, theirs.pipelineVariables);
  const features = mergedFeatures(base.features, mine.features, theirs.features);
  if (nodes === null || edges === null || environmentVariables === null || conversationVariables === null || pipelineVariables === CONFLICT || features === null) return null;
  const ids = new Set(nodes.map((node) => node.id));
  // An edge that one drew to a node which the other removed would lead nowhere.
  if (edges.some((edge) => !ids.has(edge.source) || !ids.has(edge.target)) && !base.edges.some((edge) => !ids.has(edge.source))) return null;
  return { nodes, edges, environmentVariables, conversationVariables, pipelineVariables: pipelineVariables ?? [], features };
}

function mergedList<T extends { id: string }>(base: readonly T[], mine: readonly T[], theirs: readonly T[]): readonly T[] | null {
  const [old, left, right] = [keyed(base), keyed(mine), keyed(theirs)];
  const order = [...new Set([...theirs, ...mine].map((item) => item.id))];
  const result: T[] = [];
  for (const id of new Set([...order, ...old.keys()])) {
    const picked = pick(old.get(id), left.get(id), right.get(id));
    if (picked === CONFLICT) return null;
    if (picked !== undefined) result.push(picked);
  }
  return result;
}

function mergedFeatures(base: JsonObject, mine: JsonObject, theirs: JsonObject): JsonObject | null {
  const result: JsonObject = {};
  for (const name of Object.keys({ ...base, ...mine, ...theirs })) {
    const picked = pick(base[name], mine[name], theirs[name]);
    if (picked === CONFLICT) return null;
    if (picked !== undefined) result[name] = picked;
  }
  return result;
}

const CONFLICT = Symbol("conflict");

function pick<T>(base: T | undefined, mine: T | undefined, theirs: T | undefined): T | undefined | typeof CONFLICT {
  if (same(mine, theirs) || same(mine, base)) return theirs;
  return same(theirs, base) ? mine : CONFLICT;
}

function same(one: unknown, other: unknown): boolean {
  return equal(one as JsonValue | undefined, other as JsonValue | undefined);
}

function keyed<T extends { id: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}
