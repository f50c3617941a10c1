import type { Selector } from "@/features/workflow/graph/types";

export type Logic = "and" | "or";

export interface SubCondition {
  id?: string;
  key?: string;
  varType?: string;
  comparison_operator?: string;
  value?: ConditionValue;
}

export type ConditionValue = string | boolean | string[] | null;

/** A condition of if-else and of loops, as app files hold it (spec workflow-nodes §7). */
export interface Condition {
  id?: string;
  variable_selector?: Selector;
  varType?: string;
  comparison_operator?: string;
  value?: ConditionValue;
  numberVarType?: string;
  sub_variable_condition?: { case_id?: string; logical_operator?: Logic; conditions?: SubCondition[] } | null;
}

export function freshId(): string {
  return "randomUUID" in crypto ? crypto.randomUUID() : `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
}
