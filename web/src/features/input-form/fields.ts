import type { JsonObject, JsonValue } from "@/api/json";
import type { FieldDefinition, FieldType, FormItem } from "@/api/webapp-types";
import type { Attachment } from "@/features/files/attachments";

export interface InputField extends FieldDefinition {
  type: FieldType;
}

/** What a field holds while it is edited: text, a switch, or files. */
export type FieldValue = string | boolean | readonly Attachment[];
export type FormValues = Readonly<Record<string, FieldValue>>;

export type FieldProblem =
  | { kind: "required" }
  | { kind: "tooLong"; max: number }
  | { kind: "notNumber" }
  | { kind: "notOption" }
  | { kind: "notJson" }
  | { kind: "tooManyFiles"; max: number }
  | { kind: "uploading" };

/** The fields of `user_input_form` in order. Values of `external_data_tool` are computed by the server. */
export function fieldsOf(form: readonly FormItem[]): InputField[] {
  return form.flatMap((item) =>
    (Object.entries(item) as [FieldType, FieldDefinition][])
      .filter(([type]) => type !== "external_data_tool")
      .map(([type, definition]) => ({ ...definition, type })),
  );
}

export function isFileField(field: InputField): boolean {
  return field.type === "file" || field.type === "file-list";
}

/** The first values of a form: those of the page's address (`given`), else the defaults. */
export function initialValues(fields: readonly InputField[], given: Readonly<Record<string, JsonValue>> = {}): FormValues {
  return Object.fromEntries(fields.map((field) => [field.variable, initialValue(field, given[field.variable])]));
}

function initialValue(field: InputField, given: JsonValue | undefined): FieldValue {
  if (isFileField(field)) return [];
  const value = given ?? field.default ?? null;
  if (field.type === "checkbox") return value === true || value === 1 || /^(true|1|yes|on)$/i.test(textOf(value));
  const text = textOf(value);
  if (field.type === "select") return field.options?.includes(text) === true ? text : "";
  if (field.type === "number") return text.trim() === "" || Number.isNaN(Number(text)) ? "" : text;
  return typeof field.max_length === "number" ? text.slice(0, field.max_length) : text;
}

function textOf(value: JsonValue): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The problem of each wrong field (spec: service API §3.3). Hidden fields are the server's business. */
export function problemsOf(fields: readonly InputField[], values: FormValues): Record<string, FieldProblem> {
  const problems: Record<string, FieldProblem> = {};
  for (const field of fields) {
    const problem = field.hide === true ? null : problemOf(field, values[field.variable] ?? "");
    if (problem !== null) problems[field.variable] = problem;
  }
  return problems;
}

export function problemOf(field: InputField, value: FieldValue): FieldProblem | null {
  const max = field.max_length ?? null;
  if (typeof value === "boolean") return null;
  if (typeof value !== "string") {
    if (value.some((file) => file.state === "uploading")) return { kind: "uploading" };
    const count = value.filter((file) => file.state === "ready").length;
    if (field.required === true && count === 0) return { kind: "required" };
    return field.type === "file-list" && max !== null && count > max ? { kind: "tooManyFiles", max } : null;
  }
  if (value.trim() === "") return field.required === true ? { kind: "required" } : null;
  switch (field.type) {
    case "number":
      return Number.isNaN(Number(value)) ? { kind: "notNumber" } : null;
    case "select":
      return field.options?.includes(value) === true ? null : { kind: "notOption" };
    case "json_object":
      return isJsonText(value) ? null : { kind: "notJson" };
    default:
      return max !== null && Array.from(value).length > max ? { kind: "tooLong", max } : null;
  }
}

function isJsonText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** The `inputs` of a request. Empty optional fields are left out, so that the server's default holds. */
export function inputsOf(fields: readonly InputField[], values: FormValues): JsonObject {
  const inputs: JsonObject = {};
  for (const field of fields) {
    const value = inputOf(field, values[field.variable] ?? "");
    if (value !== undefined) inputs[field.variable] = value;
  }
  return inputs;
}

function inputOf(field: InputField, value: FieldValue): JsonValue | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") {
    const mappings = value.flatMap((file) => (file.state === "ready" ? [{ ...file.mapping }] : []));
    return field.type === "file" ? mappings[0] : mappings.length > 0 ? mappings : undefined;
  }
  if (value.trim() === "") return undefined;
  if (field.type === "number") return Number(value);
  if (field.type === "json_object") return JSON.parse(value) as JsonValue;
  return value;
}
