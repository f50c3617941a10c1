import { isJsonObject, type JsonObject, type JsonValue } from "@/api/json";

export const SCHEMA_TYPES = ["string", "number", "boolean", "object", "array[string]", "array[number]", "array[boolean]", "array[object]"] as const;
export type SchemaType = (typeof SCHEMA_TYPES)[number];

/** A property of an object, as the visual editor shows it. */
export interface Property {
  name: string;
  type: SchemaType;
  description: string;
  required: boolean;
  choices: readonly string[];
}

/** The object whose properties a schema describes: itself, or the items of a list. */
function holder(schema: JsonObject): JsonObject {
  return schema.type === "array" && isJsonObject(schema.items) ? schema.items : schema;
}

export function propertiesOf(schema: JsonObject): Property[] {
  const object = holder(schema);
  const properties = isJsonObject(object.properties) ? object.properties : {};
  const required = Array.isArray(object.required) ? object.required : [];
  return Object.entries(properties)
    .filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1]))
    .map(([name, property]) => ({
      name,
      type: typeOf(property),
      description: typeof property.description === "string" ? property.description : "",
      required: required.includes(name),
      choices: Array.isArray(property.enum) ? property.enum.map(String) : [],
    }));
}

export function propertyAt(schema: JsonObject, path: readonly string[]): JsonObject | undefined {
  let at: JsonObject | undefined = schema;
  for (const name of path) {
    const properties: JsonValue | undefined = at === undefined ? undefined : holder(at).properties;
    const next: JsonValue | undefined = isJsonObject(properties) ? properties[name] : undefined;
    at = isJsonObject(next) ? next : undefined;
  }
  return at;
}

function typeOf(property: JsonObject): SchemaType {
  const given = Array.isArray(property.type) ? property.type.find((each) => each !== "null") : property.type;
  if (given === "array") {
    const items = isJsonObject(property.items) ? typeOf(property.items) : "string";
    return SCHEMA_TYPES.find((type) => type === `array[${items}]`) ?? "array[string]";
  }
  if (given === "integer") return "number";
  return SCHEMA_TYPES.find((type) => type === given) ?? "string";
}

function schemaOfType(type: SchemaType): JsonObject {
  const item = /^array\[(.+)\]$/.exec(type)?.[1];
  if (item !== undefined) return { type: "array", items: schemaOfType(item as SchemaType) };
  return type === "object" ? { type, properties: {}, required: [], additionalProperties: false } : { type };
}

/** The schema with a change of the object at `path`; everything else stays as it is. */
function at(schema: JsonObject, path: readonly string[], change: (object: JsonObject) => JsonObject): JsonObject {
  const inside = (object: JsonObject): JsonObject => {
    const [name, ...rest] = path;
    if (name === undefined) return change(object);
    const properties = isJsonObject(object.properties) ? object.properties : {};
    const property = properties[name];
    return isJsonObject(property) ? { ...object, properties: { ...properties, [name]: at(property, rest, change) } } : object;
  };
  return schema.type === "array" && isJsonObject(schema.items) ? { ...schema, items: inside(schema.items) } : inside(schema);
}

export function addProperty(schema: JsonObject, path: readonly string[], name: string): JsonObject {
  return at(schema, path, (object) => ({
    ...object,
    properties: { ...(isJsonObject(object.properties) ? object.properties : {}), [name]: { type: "string" } },
  }));
}

export function removeProperty(schema: JsonObject, path: readonly string[], name: string): JsonObject {
  return at(schema, path, (object) => {
    const properties = isJsonObject(object.properties) ? object.properties : {};
    return withRequired({ ...object, properties: Object.fromEntries(Object.entries(properties).filter(([key]) => key !== name)) }, name, false);
  });
}

/** A property with new values; its place among the others stays, and what the visual editor does not know as well. */
export function changeProperty(schema: JsonObject, path: readonly string[], name: string, change: Partial<Property>): JsonObject {
  return at(schema, path, (object) => {
    const properties = isJsonObject(object.properties) ? object.properties : {};
    const now = change.name ?? name;
    const entries = Object.entries(properties).map(([key, property]): [string, JsonValue] =>
      key === name && isJsonObject(property) ? [now, changed(property, change)] : [key, property],
    );
    const next = { ...object, properties: Object.fromEntries(entries) };
    const required = change.required ?? (Array.isArray(object.required) && object.required.includes(name));
    return withRequired(withRequired(next, name, false), now, required);
  });
}

function changed(property: JsonObject, change: Partial<Property>): JsonObject {
  let next = { ...property };
  if (change.type !== undefined && change.type !== typeOf(property)) {
    const { description } = property;
    next = { ...schemaOfType(change.type), ...(description === undefined ? {} : { description }) };
  }
  if (change.description !== undefined) {
    if (change.description === "") delete next.description;
    else next.description = change.description;
  }
  if (change.choices !== undefined) {
    if (change.choices.length === 0) delete next.enum;
    else next.enum = [...change.choices];
  }
  return next;
}

function withRequired(object: JsonObject, name: string, required: boolean): JsonObject {
  const others = (Array.isArray(object.required) ? object.required : []).filter((each) => each !== name);
  return { ...object, required: required ? [...others, name] : others };
}

/** A name that the object does not have yet. */
export function freeName(schema: JsonObject, path: readonly string[], wish: string): string {
  const holderAt = path.length === 0 ? schema : (propertyAt(schema, path) ?? {});
  const taken = new Set(propertiesOf(holderAt).map((property) => property.name));
  if (!taken.has(wish)) return wish;
  let number = 2;
  while (taken.has(`${wish}_${String(number)}`)) number += 1;
  return `${wish}_${String(number)}`;
}

export const EMPTY_SCHEMA: JsonObject = { type: "object", properties: {}, required: [], additionalProperties: false };

/** A schema that the example fits, all of whose members are required. */
export function schemaFromExample(example: JsonValue): JsonObject {
  if (example === null) return { type: "string" };
  if (Array.isArray(example)) {
    const objects = example.filter(isJsonObject);
    const item = objects.length > 0 && objects.length === example.length ? merged(objects) : schemaFromExample(example[0] ?? "");
    return { type: "array", items: item };
  }
  if (!isJsonObject(example)) return { type: typeof example };
  const properties = Object.fromEntries(Object.entries(example).map(([name, value]) => [name, schemaFromExample(value)]));
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

/** Objects of a list: the members of all, required when every one has them. */
function merged(objects: readonly JsonObject[]): JsonObject {
  const all = Object.assign({}, ...objects) as JsonObject;
  const schema = schemaFromExample(all);
  return { ...schema, required: Object.keys(all).filter((name) => objects.every((object) => name in object)) };
}

/** Why a value is no schema of an object; null for one that is. */
export type SchemaProblem = "noObject" | "noProperties";

export function schemaProblem(value: JsonValue): SchemaProblem | null {
  if (!isJsonObject(value) || (value.type !== undefined && value.type !== "object")) return "noObject";
  return value.properties !== undefined && !isJsonObject(value.properties) ? "noProperties" : null;
}
