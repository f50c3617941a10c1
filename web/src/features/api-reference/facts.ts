import type { AppMode } from "@/api/console";
import { jsonText, type JsonObject, type JsonValue } from "@/api/json";
import type { FormItem } from "@/api/webapp-types";
import { fieldsOf, type InputField } from "@/features/input-form/fields";

/** What the examples of one app are filled with. */
export interface Facts {
  base: string;
  name: string;
  description: string;
  mode: AppMode;
  /** Whether the example asks for a stream. */
  streaming: boolean;
  fields: readonly InputField[];
  inputs: JsonObject;
  /** The answer of `/parameters`; null while the app is not published. */
  parameters: JsonObject | null;
}

const FILE: JsonObject = { type: "document", transfer_method: "local_file", upload_file_id: "UPLOAD_FILE_ID" };

/** The inputs of an app, each with a value that its form takes. */
export function exampleInputs(form: readonly FormItem[]): JsonObject {
  return Object.fromEntries(fieldsOf(form).map((field) => [field.variable, exampleOf(field)]));
}

function exampleOf(field: InputField): JsonValue {
  const given = field.default;
  switch (field.type) {
    case "select":
      return given != null && given !== "" ? given : (field.options?.[0] ?? "");
    case "number":
      return given == null || given === "" ? 42 : Number(given);
    case "checkbox":
      return given === true || given === "true";
    case "json_object":
      return {};
    case "file":
      return fileOf(field);
    case "file-list":
      return [fileOf(field)];
    default: {
      const text = jsonText(given) || field.label || field.variable;
      return field.max_length == null ? text : text.slice(0, field.max_length);
    }
  }
}

function fileOf(field: InputField): JsonObject {
  const type = field.allowed_file_types?.[0];
  return type === undefined ? FILE : { ...FILE, type };
}
