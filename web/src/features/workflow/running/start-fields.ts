import { csrfToken } from "@/api/client";
import { sendFile, type Uploader } from "@/api/upload";
import type { FieldDefinition, FieldType, FormItem } from "@/api/webapp-types";
import type { FlowNode } from "../graph/types";
import { TRIGGERS } from "../graph/kinds";

/** The form of a workflow: what its start node asks for. */
export function startForm(nodes: readonly FlowNode[]): FormItem[] {
  const start = nodes.find((node) => node.data.type === "start");
  const variables = Array.isArray(start?.data.variables) ? start.data.variables : [];
  return variables.flatMap((variable) => (isField(variable) ? [{ [variable.type]: variable }] : []));
}

/** The trigger at which a workflow without a form begins. */
export function startTrigger(nodes: readonly FlowNode[]): string | null {
  if (nodes.some((node) => node.data.type === "start")) return null;
  return nodes.find((node) => TRIGGERS.has(node.data.type))?.id ?? null;
}

function isField(value: unknown): value is FieldDefinition & { type: FieldType } {
  return typeof value === "object" && value !== null && "variable" in value && "type" in value && typeof value.type === "string";
}

/** Files of the member who tries the draft. */
export const consoleUploads: Uploader = {
  upload: (file, onProgress, signal) => sendFile("/console/api/files/upload", { "X-CSRF-Token": csrfToken() }, file, onProgress, signal),
};
