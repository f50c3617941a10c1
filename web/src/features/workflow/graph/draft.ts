import { isJsonObject, type JsonObject, type JsonValue } from "@/api/json";
import type { FlowDocument, FlowEdge, FlowNode, FlowVariable, PipelineVariable, Viewport } from "./types";

const ROW_STEP = 300;

/** The part of a draft that the canvas shows. */
export interface DraftContent {
  graph: JsonObject;
  features: JsonObject;
  environment_variables: FlowVariable[];
  conversation_variables: FlowVariable[];
  rag_pipeline_variables?: PipelineVariable[];
}

export interface OpenedDraft {
  doc: FlowDocument;
  viewport: Viewport;
  /** Members of the graph that the editor does not know; they are saved as they came. */
  rest: JsonObject;
}

/** Reads a draft. Broken members of the graph stay in `rest`, so that no file is refused; cards without a place get one. */
export function openDraft(draft: DraftContent): OpenedDraft {
  const { nodes, edges, viewport, ...rest } = draft.graph;
  const known = list(nodes).filter(isNode);
  const doc: FlowDocument = {
    nodes: known,
    edges: list(edges).filter(isEdge),
    environmentVariables: draft.environment_variables,
    conversationVariables: draft.conversation_variables,
    pipelineVariables: draft.rag_pipeline_variables ?? [],
    features: draft.features,
  };
  // Cards without a place stand in a row; the automatic layout is a command away.
  const placed = (node: FlowNode, at: number): FlowNode => (hasPlace(node) ? node : { ...node, position: { x: at * ROW_STEP, y: 0 } });
  return {
    doc: { ...doc, nodes: doc.nodes.map(placed) },
    viewport: isViewport(viewport) ? viewport : { x: 0, y: 0, zoom: 1 },
    rest,
  };
}

/** The graph as it is saved: the editor's own keys are left out, all others are as they came. */
export function graphOf(doc: FlowDocument, viewport: Viewport, rest: JsonObject): JsonObject {
  return {
    ...rest,
    nodes: doc.nodes.map((node) => withoutOwnKeys(node)),
    edges: doc.edges.map((edge) => withoutOwnKeys(edge)),
    viewport: { ...viewport },
  };
}

function withoutOwnKeys(part: FlowNode | FlowEdge): JsonObject {
  const kept = withoutUnderscores(part as unknown as JsonObject);
  return isJsonObject(kept.data) ? { ...kept, data: withoutUnderscores(kept.data) } : kept;
}

function withoutUnderscores(value: JsonObject): JsonObject {
  if (!Object.keys(value).some((key) => key.startsWith("_"))) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith("_")));
}

function list(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function isNode(value: JsonValue): value is JsonObject & FlowNode {
  return isJsonObject(value) && typeof value.id === "string" && isJsonObject(value.data) && typeof value.data.type === "string";
}

function isEdge(value: JsonValue): value is JsonObject & FlowEdge {
  return isJsonObject(value) && typeof value.source === "string" && typeof value.target === "string";
}

function hasPlace(node: FlowNode): boolean {
  const { position } = node as { position?: unknown };
  return isJsonObject(position) && Number.isFinite(position.x) && Number.isFinite(position.y);
}

function isViewport(value: JsonValue | undefined): value is JsonObject & Viewport {
  return isJsonObject(value) && [value.x, value.y, value.zoom].every((part) => Number.isFinite(part));
}
