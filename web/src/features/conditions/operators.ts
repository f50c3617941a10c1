import { isArray, type ValueType } from "@/features/variables/types";

export type Operator =
  | "contains"
  | "not contains"
  | "start with"
  | "end with"
  | "is"
  | "is not"
  | "empty"
  | "not empty"
  | "in"
  | "not in"
  | "all of"
  | "="
  | "≠"
  | ">"
  | "<"
  | "≥"
  | "≤"
  | "null"
  | "not null"
  | "exists"
  | "not exists";

const TEXT: readonly Operator[] = ["contains", "not contains", "start with", "end with", "is", "is not", "empty", "not empty"];
const NUMBER: readonly Operator[] = ["=", "≠", ">", "<", "≥", "≤", "empty", "not empty"];
const LIST: readonly Operator[] = ["contains", "not contains", "empty", "not empty"];

/** The operators of the type of a variable, the usual one first (spec workflow-nodes §7). */
export function operatorsFor(type: ValueType): readonly Operator[] {
  switch (type) {
    case "number":
    case "integer":
    case "float":
      return NUMBER;
    case "boolean":
      return ["is", "is not"];
    case "file":
      return ["exists", "not exists"];
    case "array[file]":
      return ["contains", "not contains", "all of", "empty", "not empty"];
    case "array[object]":
    case "array":
    case "array[any]":
      return ["empty", "not empty"];
    case "object":
      return ["empty", "not empty", "null", "not null"];
    case "any":
      return [...TEXT, "=", "≠", ">", "<", "≥", "≤", "null", "not null"];
    default:
      return isArray(type) ? LIST : TEXT;
  }
}

/** The operators for one attribute of files. */
export function operatorsForAttribute(key: string): readonly Operator[] {
  if (key === "extension") return ["is", "is not", "contains", "not contains"];
  if (key === "type" || key === "transfer_method") return ["in", "not in"];
  if (key === "size") return [">", "≥", "<", "≤"];
  return TEXT;
}

/** The operators by which a list is filtered (spec workflow-nodes §11). */
export function operatorsForItems(item: ValueType, key: string): readonly Operator[] {
  if (item === "number") return ["=", "≠", ">", "<", "≥", "≤"];
  if (item === "boolean") return ["is", "is not"];
  if (item === "file") {
    if (key === "type" || key === "transfer_method") return ["in", "not in"];
    if (key === "size") return ["=", "≠", ">", "<", "≥", "≤"];
  }
  return ["contains", "not contains", "start with", "end with", "is", "is not", "in", "not in", "empty", "not empty"];
}

const UNARY = new Set<string>(["empty", "not empty", "null", "not null", "is null", "is not null", "exists", "not exists"]);

export function needsValue(operator: string): boolean {
  return !UNARY.has(operator);
}

const SPELLINGS: Record<string, Operator> = { "is null": "null", "is not null": "not null", "!=": "≠", ">=": "≥", "<=": "≤" };

/** The one spelling of an operator that older files spell otherwise. */
export function spelled(operator: string): Operator {
  return SPELLINGS[operator] ?? (operator as Operator);
}

/** The operator that a condition keeps when its variable gets another type. */
export function keptOperator(operator: string, type: ValueType): Operator {
  const offered = operatorsFor(type);
  const now = spelled(operator);
  return offered.includes(now) ? now : (offered[0] ?? "is");
}
