import { isJsonObject, type JsonValue } from "@/api/json";
import { hasSource } from "./kinds";
import type { NodeData } from "./types";

/** A way out of a node with a row of its own on the card. `label` is null for ways that have a name of their own. */
export interface Branch {
  handle: string;
  kind: "if" | "elif" | "else" | "class" | "action" | "timeout" | "failure";
  /** What the row says besides its kind: a condition, a class. */
  text: string;
}

/** The ways out of a node that have rows; a node without any leaves at its head, by the handle `source`. */
export function branchesOf(data: NodeData): Branch[] {
  switch (data.type) {
    case "if-else":
      return ifElse(data);
    case "question-classifier":
      return objects(data.classes).map((each) => ({
        handle: text(each.id),
        kind: "class" as const,
        text: text(each.name) || text(each.label),
      }));
    case "human-input":
      return [
        ...objects(data.user_actions).map((each) => ({
          handle: text(each.id),
          kind: "action" as const,
          text: text(each.title) || text(each.id),
        })),
        { handle: "__timeout", kind: "timeout", text: "" },
      ];
    default:
      return data.error_strategy === "fail-branch" ? [{ handle: "fail-branch", kind: "failure", text: "" }] : [];
  }
}

/** Whether the node has the ordinary way out at its head. */
export function leavesAtHead(data: NodeData): boolean {
  return hasSource(data.type) && !["if-else", "question-classifier", "human-input"].includes(data.type);
}

/** Every handle that an edge may leave by. */
export function sourceHandles(data: NodeData): string[] {
  const rows = branchesOf(data).map((branch) => branch.handle);
  return leavesAtHead(data) ? ["source", ...rows] : rows;
}

function ifElse(data: NodeData): Branch[] {
  const listed = objects(data.cases);
  const cases = listed.length > 0 ? listed : [{ case_id: "true", conditions: data.conditions ?? [] }];
  return [
    ...cases.map((each, at): Branch => ({
      handle: text(each.case_id) || text(each.id),
      kind: at === 0 ? "if" : "elif",
      text: conditionText(each.conditions, text(each.logical_operator) || "and"),
    })),
    { handle: "false", kind: "else", text: "" },
  ];
}

function conditionText(conditions: JsonValue | undefined, operator: string): string {
  return objects(conditions)
    .map((each) => {
      const variable = Array.isArray(each.variable_selector) ? text(each.variable_selector.at(-1)) : "";
      const value = typeof each.value === "string" || typeof each.value === "number" ? String(each.value) : "";
      return [variable, text(each.comparison_operator), value].filter((part) => part !== "").join(" ");
    })
    .filter((part) => part !== "")
    .join(operator === "or" ? " | " : " & ");
}

function objects(value: JsonValue | undefined) {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
