import { isArray, type ValueType } from "@/features/variables/types";

export type Operation = "over-write" | "clear" | "set" | "+=" | "-=" | "*=" | "/=" | "append" | "extend" | "remove-first" | "remove-last";

/** What can be done to a variable of a type (spec workflow-nodes §13). */
export function operationsFor(type: ValueType): readonly Operation[] {
  if (type === "any") return ["over-write", "clear", "set", "append", "extend", "+=", "-=", "*=", "/=", "remove-first", "remove-last"];
  if (isArray(type)) return ["over-write", "clear", "append", "extend", "remove-first", "remove-last"];
  if (type === "number") return ["over-write", "clear", "set", "+=", "-=", "*=", "/="];
  return type.startsWith("file") ? ["over-write", "clear"] : ["over-write", "clear", "set"];
}

export function needsSource(operation: string): boolean {
  return !["clear", "remove-first", "remove-last"].includes(operation);
}

/** Whether the value of an operation is written down (`constant`) or read from a variable. */
export function inputKind(operation: string): "constant" | "variable" {
  return operation === "set" || ["+=", "-=", "*=", "/="].includes(operation) ? "constant" : "variable";
}
