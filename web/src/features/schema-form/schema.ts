import { isJsonObject, type JsonObject, type JsonValue } from "@/api/json";

/** A setting of a node, read from the JSON Schema of its type. */
export interface SchemaField {
  name: string;
  /** Its own schema, references followed. */
  schema: JsonObject;
  /** Which control suits; see `controlOf`. */
  control: Control;
  required: boolean;
  nullable: boolean;
  /** Types of variables that a selector takes. */
  accepts: string[] | undefined;
  /** A selector that names something inside the container. */
  ofBody: boolean;
  /** Values of siblings under which it matters. */
  shownIf: JsonObject | undefined;
}

export type Control =
  | "hidden"
  | "selector"
  | "selectors"
  | "template"
  | "jinja"
  | "prompt"
  | "text"
  | "code"
  | "key-value"
  | "model"
  | "model-parameters"
  | "json-schema"
  | "conditions"
  | "value-type"
  | "operator"
  | "http-method"
  | "timezone"
  | "knowledge-bases"
  | "select"
  | "switch"
  | "number"
  | "tags"
  | "choices"
  | "list"
  | "group"
  | "map"
  | "json";

/** Hints that have a control of their own here; for others the shape of the schema decides. */
const HINTED = new Set<string>([
  "hidden", "selector", "template", "jinja", "prompt", "text", "code", "key-value", "model", "model-parameters", "json-schema",
  "conditions", "value-type", "operator", "http-method", "timezone", "knowledge-bases",
]); // prettier-ignore

/** The settings of a schema in their order. `root` holds the definitions that it refers to. */
export function fieldsOf(schema: JsonObject, root: JsonObject = schema): SchemaField[] {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(properties)
    .filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1]))
    .map(([name, property]) => {
      const { schema: own, nullable } = resolved(property, root);
      return {
        name,
        schema: own,
        nullable,
        control: controlOf(own, root),
        required: required.includes(name),
        accepts: Array.isArray(own.accepts) ? own.accepts.map(String) : undefined,
        ofBody: own.scope === "body",
        shownIf: isJsonObject(own.shown_if) ? own.shown_if : undefined,
      };
    });
}

/** The schema behind references and optional values; hints beside a reference count more than those behind it. */
export function resolved(schema: JsonObject, root: JsonObject): { schema: JsonObject; nullable: boolean } {
  const reference = schema.$ref;
  if (typeof reference === "string") {
    const { $ref: _, ...beside } = schema;
    return resolved({ ...definition(reference, root), ...beside }, root);
  }
  const options = schema.anyOf;
  if (!Array.isArray(options)) return { schema, nullable: false };
  const kept = options.filter(isJsonObject).filter((option) => option.type !== "null");
  const nullable = kept.length < options.length;
  const only = kept[0];
  if (kept.length !== 1 || only === undefined) return { schema, nullable };
  const { anyOf: _, ...beside } = schema;
  return { schema: resolved({ ...only, ...beside }, root).schema, nullable };
}

function definition(reference: string, root: JsonObject): JsonObject {
  let at: JsonValue | undefined = root;
  for (const part of reference.replace(/^#\//, "").split("/")) at = isJsonObject(at) ? at[part] : undefined;
  return isJsonObject(at) ? at : {};
}

/** What a list's items, or a map's values, are like. */
export function itemOf(schema: JsonObject, root: JsonObject): JsonObject {
  const items = schema.items ?? schema.additionalProperties;
  return isJsonObject(items) ? resolved(items, root).schema : {};
}

function controlOf(schema: JsonObject, root: JsonObject): Control {
  const hint = schema.ui;
  if (typeof hint === "string" && HINTED.has(hint)) return hint as Control;
  if (Array.isArray(schema.enum)) return "select";
  switch (schema.type) {
    case "boolean":
      return "switch";
    case "integer":
    case "number":
      return "number";
    case "string":
      return "text";
    case "array":
      return listControl(itemOf(schema, root));
    case "object":
      if (isJsonObject(schema.properties)) return "group";
      return isJsonObject(itemOf(schema, root).properties) ? "map" : "json";
    default:
      return "json";
  }
}

function listControl(item: JsonObject): Control {
  if (item.ui === "selector") return "selectors";
  if (isJsonObject(item.properties)) return "list";
  if (Array.isArray(item.enum)) return "choices";
  return item.type === "string" ? "tags" : "json";
}

/** Whether a setting matters, given its siblings. */
export function isShown(field: SchemaField, siblings: JsonObject, schema: JsonObject): boolean {
  return Object.entries(field.shownIf ?? {}).every(([name, wanted]) => (siblings[name] ?? defaultOf(name, schema)) === wanted);
}

function defaultOf(name: string, schema: JsonObject): JsonValue | undefined {
  const properties = schema.properties;
  const property = isJsonObject(properties) ? properties[name] : undefined;
  return isJsonObject(property) ? property.default : undefined;
}

/** What a new item of a list begins with: the defaults of its settings, and something of the right type for the rest. */
export function beginning(schema: JsonObject, root: JsonObject): JsonValue {
  if (schema.default !== undefined) return structuredClone(schema.default);
  if (Array.isArray(schema.enum)) return schema.enum[0] ?? "";
  switch (schema.type) {
    case "boolean":
      return false;
    case "integer":
    case "number":
      return typeof schema.minimum === "number" ? schema.minimum : 0;
    case "string":
      return "";
    case "array":
      return [];
    case "object": {
      const begun = fieldsOf(schema, root).filter((field) => field.required || field.schema.default === undefined);
      return Object.fromEntries(begun.map((field) => [field.name, beginning(field.schema, root)]));
    }
    default:
      return null;
  }
}

/** The name of a setting as words, for one that has no text of its own: `max_length` → "Max length". */
export function wordsOf(name: string): string {
  const words = name.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
