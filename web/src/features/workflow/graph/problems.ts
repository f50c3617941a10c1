import { isJsonObject } from "@/api/json";
import { isEntry, isNote, TRIGGERS } from "./kinds";
import { byId, edgesFrom } from "./lookup";
import { referencesIn } from "./references";
import type { FlowDocument, FlowMode, FlowNode } from "./types";
import { upstreamOf } from "./upstream";

/** A problem that shows in the document itself, before the server has looked at it. */
export interface LocalProblem {
  kind: "unreachable-node" | "unknown-reference" | "no-model" | "no-result" | "no-root" | "branch-too-long" | "unset-input";
  severity: "error" | "warning";
  nodeId: string | null;
  /** What the sentence is about: the variable, a number. */
  detail: string;
}

const LONGEST_BRANCH = 50;
const LAST: Record<FlowMode, string> = { workflow: "end", "advanced-chat": "answer", "rag-pipeline": "knowledge-index" };
const WITH_INPUTS = new Set(["code", "template-transform"]);
const WITH_MODEL = new Set(["llm", "question-classifier", "parameter-extractor"]);

/** Problems of a document, in the order of its nodes. */
export function problemsOf(doc: FlowDocument, mode: FlowMode): LocalProblem[] {
  const found: LocalProblem[] = [];
  const nodes = doc.nodes.filter((node) => !isNote(node));
  if (!nodes.some((node) => isEntry(node.data.type))) found.push({ kind: "no-root", severity: "error", nodeId: null, detail: "" });
  const last = LAST[mode];
  const triggered = nodes.some((node) => TRIGGERS.has(node.data.type));
  if (!triggered && !nodes.some((node) => node.data.type === last)) {
    found.push({ kind: "no-result", severity: "warning", nodeId: null, detail: last });
  }
  const depths = depthsOf(doc);
  for (const node of nodes) {
    const depth = depths.get(node.id);
    if (depth === undefined) found.push({ kind: "unreachable-node", severity: "warning", nodeId: node.id, detail: "" });
    else if (depth === LONGEST_BRANCH + 1) {
      found.push({ kind: "branch-too-long", severity: "warning", nodeId: node.id, detail: String(LONGEST_BRANCH) });
    }
    if (WITH_MODEL.has(node.data.type) && !hasModel(node)) {
      found.push({ kind: "no-model", severity: "error", nodeId: node.id, detail: "" });
    }
    for (const name of unsetInputs(node)) found.push({ kind: "unset-input", severity: "warning", nodeId: node.id, detail: name });
    for (const path of lostReferences(doc, node)) {
      found.push({ kind: "unknown-reference", severity: "warning", nodeId: node.id, detail: path });
    }
  }
  return found;
}

function hasModel(node: FlowNode): boolean {
  const { model } = node.data;
  return typeof model === "object" && model !== null && !Array.isArray(model) && typeof model.name === "string" && model.name !== "";
}

/** Inputs of code and templates that no variable was chosen for. */
function unsetInputs({ data }: FlowNode): string[] {
  if (!WITH_INPUTS.has(data.type) || !Array.isArray(data.variables)) return [];
  return data.variables.filter(isJsonObject).flatMap((input) => {
    const chosen = Array.isArray(input.value_selector) && input.value_selector.length > 0;
    return chosen || typeof input.variable !== "string" ? [] : [input.variable];
  });
}

/** Variables that a node reads and that cannot be there when it runs. */
function lostReferences(doc: FlowDocument, node: FlowNode): string[] {
  const index = byId(doc.nodes);
  const read = referencesIn(node.data, (root) => index.has(root) || root === "env" || root === "conversation" || root === "rag");
  if (read.length === 0) return [];
  const before = new Set(upstreamOf(doc.nodes, doc.edges, node.id).map((each) => each.id));
  const lost = read.filter(([root = "", name = "", key]) => {
    if (root === "sys" || root === node.id) return false;
    if (root === "rag") return !doc.pipelineVariables.some((each) => each.belong_to_node_id === name && each.variable === key);
    if (root === "env") return !doc.environmentVariables.some((each) => each.name === name);
    if (root === "conversation") return !doc.conversationVariables.some((each) => each.name === name);
    if (before.has(root)) return false;
    // A container reads what its own body gives.
    return index.get(root)?.parentId !== node.id;
  });
  return [...new Set(lost.map(([root = "", ...rest]) => [index.get(root)?.data.title ?? root, ...rest].join(" / ")))];
}

/** How many nodes a run has passed at least when it comes to a node; nodes that it never comes to are missing. */
function depthsOf(doc: FlowDocument): Map<string, number> {
  const depths = new Map<string, number>();
  const roots = doc.nodes.flatMap((node) => {
    if (isEntry(node.data.type)) return [node.id];
    const start = node.data.start_node_id;
    return typeof start === "string" && start !== "" ? [start] : [];
  });
  let layer = roots;
  for (let depth = 1; layer.length > 0; depth += 1) {
    const next: string[] = [];
    for (const id of layer) {
      if (depths.has(id)) continue;
      depths.set(id, depth);
      for (const edge of edgesFrom(doc.edges, id)) next.push(edge.target);
    }
    layer = next;
  }
  return depths;
}
