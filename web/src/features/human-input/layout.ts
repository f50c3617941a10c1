import type { FormQuestion } from "@/api/human-form";
import type { InputField } from "@/features/input-form/fields";

/** A stretch of a form: text, or the field that stands there. */
export type FormPart = { kind: "text"; text: string } | { kind: "field"; field: InputField };

const MARKER = /\{\{#\$outputs?\.([A-Za-z_][A-Za-z0-9_]*)#\}\}/g;

/** The parts of a form in order. Fields that the text does not name follow at its end; one named twice stands once. */
export function partsOf(content: string, fields: readonly InputField[]): FormPart[] {
  const parts: FormPart[] = [];
  const left = new Map(fields.map((field) => [field.variable, field]));
  let position = 0;
  const addText = (text: string) => {
    if (text.trim() !== "") parts.push({ kind: "text", text: text.trim() });
  };
  for (const marker of content.matchAll(MARKER)) {
    const field = left.get(marker[1] ?? "");
    addText(content.slice(position, marker.index));
    position = marker.index + marker[0].length;
    if (field !== undefined) {
      left.delete(field.variable);
      parts.push({ kind: "field", field });
    }
  }
  addText(content.slice(position));
  for (const field of left.values()) parts.push({ kind: "field", field });
  return parts;
}

/** The questions of a form as fields. Only a paragraph may stay empty. */
export function fieldsOf(questions: readonly FormQuestion[]): InputField[] {
  return questions.map((question) => ({
    type: question.type,
    variable: question.output_variable_name,
    label: labelOf(question.output_variable_name),
    required: question.type !== "paragraph",
    default: question.default?.value ?? null,
    options: question.option_source?.value ?? [],
    max_length: question.type === "file-list" ? (question.number_limits ?? null) : null,
    allowed_file_types: listed(question.allowed_file_types),
    allowed_file_extensions: listed(question.allowed_file_extensions),
    allowed_file_upload_methods: listed(question.allowed_file_upload_methods),
  }));
}

/** The name of a variable as people write it. */
function labelOf(name: string): string {
  const words = name.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Null for an empty list, which allows everything. */
function listed<T>(values: T[] | undefined): T[] | null {
  return values === undefined || values.length === 0 ? null : values;
}
