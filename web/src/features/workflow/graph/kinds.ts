import type { FlowMode, FlowNode } from "./types";

/** What a node family is drawn in (look: node hues). */
export type Family = "io" | "model" | "logic" | "transform" | "tools" | "knowledge" | "container";

const FAMILIES: Record<string, Family> = {
  start: "io",
  end: "io",
  answer: "io",
  "human-input": "io",
  "trigger-webhook": "io",
  "trigger-schedule": "io",
  "trigger-plugin": "io",
  llm: "model",
  agent: "model",
  "parameter-extractor": "model",
  "question-classifier": "model",
  "if-else": "logic",
  "loop-end": "logic",
  iteration: "container",
  loop: "container",
  code: "transform",
  "template-transform": "transform",
  "variable-aggregator": "transform",
  "variable-assigner": "transform",
  assigner: "transform",
  "document-extractor": "transform",
  "list-operator": "transform",
  "http-request": "tools",
  tool: "tools",
  "knowledge-retrieval": "knowledge",
  "knowledge-index": "knowledge",
  datasource: "knowledge",
};

export function familyOf(type: string): Family {
  return FAMILIES[type] ?? "io";
}

export const TRIGGERS: ReadonlySet<string> = new Set(["trigger-webhook", "trigger-schedule", "trigger-plugin"]);
const LAST: ReadonlySet<string> = new Set(["end", "loop-end", "knowledge-index"]);

export const isNote = (node: FlowNode): boolean => node.type === "custom-note";
export const isContainer = (type: string): boolean => type === "iteration" || type === "loop";
export const isBodyStart = (type: string): boolean => type === "iteration-start" || type === "loop-start";
/** Nodes that a run begins with: nothing leads to them. */
export const isEntry = (type: string): boolean => type === "start" || type === "datasource" || TRIGGERS.has(type);
export const hasTarget = (type: string): boolean => !isEntry(type) && !isBodyStart(type);
export const hasSource = (type: string): boolean => !LAST.has(type);

/** Whether a node may be removed or copied: not the start of the app nor of a container's body. */
export const isFixed = (node: FlowNode): boolean => node.data.type === "start" || isBodyStart(node.data.type);

export type BlockGroup = "default" | "understand" | "logic" | "transform" | "utilities" | "triggers";

/** The palette's groups in their order (spec console §7.2). */
export const BLOCK_GROUPS: readonly (readonly [BlockGroup, readonly string[]])[] = [
  ["default", ["datasource", "knowledge-index", "llm", "knowledge-retrieval", "answer", "end", "agent"]],
  ["understand", ["question-classifier"]],
  ["logic", ["if-else", "iteration", "loop", "loop-end"]],
  [
    "transform",
    ["code", "template-transform", "variable-aggregator", "document-extractor", "assigner", "parameter-extractor"],
  ],
  ["utilities", ["http-request", "list-operator", "human-input"]],
  ["triggers", ["start", "trigger-webhook", "trigger-schedule", "trigger-plugin"]],
];

const ONLY_IN: Record<string, FlowMode> = {
  answer: "advanced-chat",
  end: "workflow",
  datasource: "rag-pipeline",
  "knowledge-index": "rag-pipeline",
  "trigger-webhook": "workflow",
  "trigger-schedule": "workflow",
  "trigger-plugin": "workflow",
};

export interface Place {
  mode: FlowMode;
  /** The type of the container around the place, if any. */
  inside: string | null;
  hasStart: boolean;
  hasTrigger: boolean;
}

/** Whether a node of this type may be put there. */
export function allowedAt(type: string, { mode, inside, hasStart, hasTrigger }: Place): boolean {
  if ((ONLY_IN[type] ?? mode) !== mode) return false;
  if (type === "start") return inside === null && !hasStart && !hasTrigger;
  if (TRIGGERS.has(type)) return inside === null && !hasStart;
  if (type === "datasource" || type === "knowledge-index") return inside === null;
  if (type === "loop-end") return inside === "loop";
  if (inside !== null) return !isContainer(type) && type !== "end" && type !== "human-input";
  return true;
}

/** The variable that a container's body begins with, by its type. */
export function startTypeOf(container: string): "iteration-start" | "loop-start" {
  return container === "loop" ? "loop-start" : "iteration-start";
}
