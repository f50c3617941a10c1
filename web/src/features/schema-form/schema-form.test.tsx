import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render } from "@testing-library/react";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { isJsonObject, type JsonObject, type JsonValue } from "@/api/json";
import { startTranslations } from "@/i18n/i18n";
import { restOf } from "@/features/workflow/panels/settings";
import { HANDMADE } from "@/features/workflow/panels/handmade";
import type { NodeType } from "./node-types";
import { beginning, fieldsOf, itemOf, resolved, type SchemaField } from "./schema";
import { SchemaForm } from "./schema-form";

/** What the server says of every node type; a test of the server keeps the file up to date. */
const types = JSON.parse(readFileSync(join(__dirname, "node-types.fixture.json"), "utf8")) as NodeType[];

/** Controls that show everything that is inside of their value. */
const WHOLE = new Set(["model", "json-schema", "conditions", "json", "model-parameters", "selectors", "tags", "choices"]);

/** Every setting that is not hidden, by its path; lists and maps have one entry. */
function paths(schema: JsonObject, root: JsonObject, prefix = "", seen: readonly JsonObject[] = []): string[] {
  return fieldsOf(schema, root)
    .filter((field) => field.control !== "hidden")
    .flatMap((field) => [prefix + field.name, ...inside(field, root, prefix + field.name, [...seen, schema])]);
}

function inside(field: SchemaField, root: JsonObject, path: string, seen: readonly JsonObject[]): string[] {
  if (WHOLE.has(field.control)) return [];
  if (field.control === "group") return paths(field.schema, root, `${path}.`, seen);
  if (field.control !== "list" && field.control !== "map") return [];
  const item = itemOf(field.schema, root);
  const again = seen.some((each) => each.title === item.title);
  return again ? [] : paths(item, root, `${path}.${field.control === "list" ? "0" : "one"}.`, seen);
}

/** Values under which every setting matters: one entry in each list and map, and what `shown_if` asks for. */
function everything(schema: JsonObject, root: JsonObject, depth = 0): JsonObject {
  const fields = fieldsOf(schema, root);
  const value: JsonObject = {};
  for (const field of fields) value[field.name] = full(field, root, depth);
  return value;
}

function full(field: SchemaField, root: JsonObject, depth: number): JsonValue {
  if (depth > 4) return null;
  if (field.control === "group") return everything(field.schema, root, depth + 1);
  if (field.control === "list") return [everything(itemOf(field.schema, root), root, depth + 1)];
  if (field.control === "map") return { one: everything(itemOf(field.schema, root), root, depth + 1) };
  return beginning(field.schema, root);
}

/** Each combination that makes some setting matter, one after the other. */
function variants(schema: JsonObject, root: JsonObject): JsonObject[] {
  const base = everything(schema, root);
  const wanted: [string[], JsonObject][] = [];
  const walk = (part: JsonObject, path: string[]): void => {
    for (const field of fieldsOf(part, root)) {
      if (field.shownIf !== undefined) wanted.push([path, field.shownIf]);
      if (field.control === "group") walk(field.schema, [...path, field.name]);
    }
  };
  walk(schema, []);
  return [base, ...wanted.map(([path, values]) => withAt(base, path, values))];
}

/** The value with members set at `path`, and everything around it switched on. */
function withAt(value: JsonObject, path: readonly string[], values: JsonObject): JsonObject {
  const [name, ...rest] = path;
  if (name === undefined) return { ...value, ...values };
  const part = value[name];
  return { ...value, [name]: withAt(isJsonObject(part) ? part : {}, rest, values) };
}

function shown(schema: JsonObject, value: JsonObject): Set<string> {
  const { container } = render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <SchemaForm schema={schema} value={value} onChange={() => undefined} />
    </QueryClientProvider>,
  );
  const found = new Set([...container.querySelectorAll<HTMLElement>("[data-field]")].map((each) => each.dataset.field ?? ""));
  cleanup();
  return found;
}

beforeAll(async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new Error("no server")));
  vi.stubGlobal("ResizeObserver", class { observe = vi.fn(); unobserve = vi.fn(); disconnect = vi.fn(); });
  await startTranslations();
});
afterEach(cleanup);

describe("the form of a node type", () => {
  it.each(types.map((type) => [type.type, type] as const))("%s has a control for every setting", (_, type) => {
    const found = new Set(variants(type.settings, type.settings).flatMap((value) => [...shown(type.settings, value)]));
    expect(paths(type.settings, type.settings).filter((path) => !found.has(path))).toEqual([]);
  });

  it.each(types.filter((type) => HANDMADE[type.type] !== undefined).map((type) => [type.type, type] as const))(
    "%s has a panel of its own that names only settings that exist, and the rest below it",
    (kind, type) => {
      const known = Object.keys(isJsonObject(type.settings.properties) ? type.settings.properties : {});
      const fields = HANDMADE[kind]?.fields ?? [];
      expect(fields.filter((field) => !known.includes(field))).toEqual([]);
      expect(new Set([...fields, ...restOf(type.settings, fields)]).size).toBeGreaterThanOrEqual(paths(type.settings, type.settings).filter((path) => !path.includes(".")).length);
    },
  );

  it("follows references and optional values", () => {
    const root: JsonObject = { $defs: { Part: { type: "object", properties: { a: { type: "string" } } } } };
    expect(resolved({ anyOf: [{ $ref: "#/$defs/Part" }, { type: "null" }], shown_if: { b: true } }, root)).toEqual({
      schema: { type: "object", properties: { a: { type: "string" } }, shown_if: { b: true } },
      nullable: true,
    });
  });
});
