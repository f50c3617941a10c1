/** The type of a variable, as app files spell it: `string`, `array[file]` … */
export type ValueType = string;

export const SCALARS: readonly ValueType[] = ["string", "number", "boolean", "object"];
export const ARRAYS: readonly ValueType[] = ["array[string]", "array[number]", "array[boolean]", "array[object]"];
export const FILES: readonly ValueType[] = ["file", "array[file]"];
export const LISTS: readonly ValueType[] = [...ARRAYS, "array[file]", "array[any]"];

/** A variable that can be chosen, with what lies inside it. */
export interface Variable {
  name: string;
  type: ValueType;
  description?: string;
  children?: readonly Variable[];
  /** Must be named together with its parent; it cannot be chosen itself. */
  onlyChildren?: boolean;
}

/** What can be read of a file (spec workflow-nodes §0.5). */
export const FILE_ATTRIBUTES: readonly Variable[] = [
  { name: "type", type: "string" },
  { name: "size", type: "number" },
  { name: "name", type: "string" },
  { name: "url", type: "string" },
  { name: "extension", type: "string" },
  { name: "mime_type", type: "string" },
  { name: "transfer_method", type: "string" },
  { name: "related_id", type: "string" },
];

export function isArray(type: ValueType): boolean {
  return type.startsWith("array[") || type === "array";
}

/** What the items of a list are; `any` for a list of unknown items. */
export function itemType(type: ValueType): ValueType {
  return /^array\[(.+)\]$/.exec(type)?.[1] ?? "any";
}

export function arrayOf(type: ValueType): ValueType {
  return ["string", "number", "boolean", "object", "file"].includes(type) ? `array[${type}]` : "array[any]";
}

/** Whether a variable of `type` may stand where `accepted` are wanted. What is unknown is never refused. */
export function accepts(type: ValueType, accepted: readonly ValueType[] | undefined): boolean {
  if (accepted === undefined || accepted.length === 0 || type === "any" || accepted.includes("any")) return true;
  if (accepted.includes(type)) return true;
  if (type === "secret" || type === "integer" || type === "float") return accepted.includes(type === "secret" ? "string" : "number");
  if (type === "array" || type === "array[any]") return accepted.some(isArray);
  return isArray(type) && (accepted.includes("array") || accepted.includes("array[any]"));
}

/** What lies inside a variable: its own members, or the attributes of a file. */
export function childrenOf(variable: Variable): readonly Variable[] {
  return variable.children ?? (variable.type === "file" ? FILE_ATTRIBUTES : []);
}

/** Variables of a JSON Schema's properties, as deep as it goes. */
export function variablesOfSchema(schema: unknown, depth = 0): Variable[] {
  if (!isRecord(schema) || !isRecord(schema.properties) || depth > 8) return [];
  return Object.entries(schema.properties).map(([name, property]) => {
    const children = variablesOfSchema(property, depth + 1);
    const description = isRecord(property) && typeof property.description === "string" ? property.description : undefined;
    return {
      name,
      type: typeOfSchema(property),
      ...(description === undefined ? {} : { description }),
      ...(children.length > 0 ? { children } : {}),
    };
  });
}

export function typeOfSchema(schema: unknown): ValueType {
  if (!isRecord(schema)) return "any";
  const given = schema.type;
  const type: unknown = Array.isArray(given) ? given.find((each) => each !== "null") : given;
  if (type === "integer" || type === "number") return "number";
  if (type === "array") return arrayOf(typeOfSchema(schema.items));
  return typeof type === "string" && type !== "null" ? type : schema.enum === undefined ? "any" : "string";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
