import type { JsonObject, JsonValue } from "@/api/json";

/**
 * The graph of a draft, exactly as app files hold it (spec app-dsl §9). Keys that nobody here knows are kept, so that a
 * file which is imported, opened and exported comes back equal. Keys that begin with `_` belong to the editor and are
 * never saved.
 */
export interface FlowNode {
  id: string;
  /** The wrapper's type: `custom`, `custom-note`, `custom-iteration-start`, `custom-loop-start`, `custom-simple`. */
  type: string;
  data: NodeData;
  /** Relative to the container for its children. */
  position: Point;
  width?: number;
  height?: number;
  parentId?: string;
  positionAbsolute?: Point | null;
  extent?: string | null;
  zIndex?: number;
  selected?: boolean;
  draggable?: boolean;
  selectable?: boolean;
  sourcePosition?: string;
  targetPosition?: string;
}

/** What a node is set to. `type` is the node type (`llm`, `code` …), empty for notes. */
export interface NodeData {
  type: string;
  title: string;
  desc?: string;
  [key: string]: JsonValue | undefined;
}

export interface FlowEdge {
  id: string;
  source: string;
  target: string;
  /** A missing one means `source`. */
  sourceHandle?: string | null;
  targetHandle?: string | null;
  type?: string;
  data?: JsonObject;
  zIndex?: number;
}

export interface Point {
  x: number;
  y: number;
}

export interface Viewport {
  x: number;
  y: number;
  zoom: number;
}

/** `[node id, name, key…]`; instead of a node id also `sys`, `env` or `conversation`. */
export type Selector = string[];

export interface FlowVariable {
  id: string;
  name: string;
  description: string;
  /** `string`, `number`, `secret`, `boolean`, `object`, `array[…]`. */
  value_type: string;
  value: JsonValue;
  selector: string[];
}

export type FlowMode = "workflow" | "advanced-chat" | "rag-pipeline";

/** A question of a knowledge pipeline, as its files hold it (spec app-dsl §8.5). */
export interface PipelineVariable {
  /** A data source, or `shared`: asked with every data source. */
  belong_to_node_id: string;
  type: string;
  label: string;
  variable: string;
  default_value?: JsonValue;
  [key: string]: JsonValue | undefined;
}

/** Everything that undo brings back. Never changed in place: parts that stay are the same objects. */
export interface FlowDocument {
  nodes: readonly FlowNode[];
  edges: readonly FlowEdge[];
  environmentVariables: readonly FlowVariable[];
  conversationVariables: readonly FlowVariable[];
  /** What a knowledge pipeline asks for; empty for apps. */
  pipelineVariables: readonly PipelineVariable[];
  features: JsonObject;
}

/** A line of a card under its title: which model, which condition, which address. */
export interface SummaryLine {
  text: string;
  /** `code` is set in the fixed-width face, `missing` says that something has still to be chosen. */
  tone?: "plain" | "code" | "missing";
}
