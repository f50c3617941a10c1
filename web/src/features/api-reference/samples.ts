import { isJsonObject, jsonText, type JsonObject, type JsonValue } from "@/api/json";
import { parametersOf, type Endpoint, type Parameter, type Place } from "./endpoints";
import type { Facts } from "./facts";

export const LANGUAGES = ["curl", "python", "javascript"] as const;
export type SampleLanguage = (typeof LANGUAGES)[number];

interface FormPart {
  name: string;
  value: string;
  isFile: boolean;
}

interface Request {
  method: Endpoint["method"];
  url: string;
  json: JsonObject | null;
  form: readonly FormPart[] | null;
  streaming: boolean;
  /** The answer is a file of this name. */
  file: string | undefined;
}

const KEY = "YOUR_API_KEY";

/** A program that calls an endpoint of this app. */
export function sample(language: SampleLanguage, endpoint: Endpoint, facts: Facts): string {
  const request = requestOf(endpoint, facts);
  return { curl, python, javascript }[language](request);
}

/** The body of the example call, null when it has none. */
export function bodyOf(endpoint: Endpoint, facts: Facts): JsonObject | null {
  const body = shown(endpoint, facts, "body").map((parameter) => [parameter.name, exampleOf(parameter, facts)] as const);
  return body.length === 0 ? null : Object.fromEntries(body);
}

function requestOf(endpoint: Endpoint, facts: Facts): Request {
  const filled = endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const example = endpoint.parameters.find((parameter) => parameter.name === name)?.example;
    return typeof example === "string" ? example : name.toUpperCase();
  });
  const query = shown(endpoint, facts, "query").map((parameter) => `${parameter.name}=${encodeURIComponent(jsonText(exampleOf(parameter, facts)))}`);
  const form = shown(endpoint, facts, "form").map((part) => ({ name: part.name, value: jsonText(exampleOf(part, facts)), isFile: part.type === "file" }));
  return {
    method: endpoint.method,
    url: facts.base + filled + (query.length === 0 ? "" : `?${query.join("&")}`),
    json: bodyOf(endpoint, facts),
    form: form.length === 0 ? null : form,
    streaming: (endpoint.streams === true && facts.streaming) || endpoint.path.endsWith("/events"),
    file: endpoint.file,
  };
}

function shown(endpoint: Endpoint, facts: Facts, place: Place): Parameter[] {
  return parametersOf(endpoint, facts.mode).filter((parameter) => parameter.in === place && parameter.example !== undefined);
}

function exampleOf({ example }: Parameter, facts: Facts): JsonValue {
  return typeof example === "function" ? example(facts) : (example ?? null);
}

function curl({ method, url, json, form, streaming, file }: Request): string {
  const parts = [`curl${streaming ? " -N" : ""}${method === "GET" || form !== null ? "" : ` -X ${method}`} ${quoted(url)}`, `-H 'Authorization: Bearer ${KEY}'`];
  if (json !== null) parts.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(json, null, 2))}`);
  for (const part of form ?? []) parts.push(`-F ${quoted(`${part.name}=${part.isFile ? "@" : ""}${part.value}`)}`);
  if (file !== undefined) parts.push(`-o ${quoted(file)}`);
  return parts.join(" \\\n  ");
}

/** For a shell: nothing within is read as anything but itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function python({ method, url, json, form, streaming, file }: Request): string {
  const given = [JSON.stringify(url), `headers={"Authorization": "Bearer ${KEY}"}`];
  if (json !== null) given.push(`json=${pythonValue(json, 1)}`);
  const upload = form?.find(({ isFile }) => isFile);
  const fields = form?.filter(({ isFile }) => !isFile) ?? [];
  if (upload !== undefined) given.push(`files={"${upload.name}": open(${JSON.stringify(upload.value)}, "rb")}`);
  if (fields.length > 0) given.push(`data={${fields.map(({ name, value }) => `"${name}": ${JSON.stringify(value)}`).join(", ")}}`);
  if (streaming) given.push("stream=True");
  const lines = [
    ...(streaming ? ["import json", ""] : []),
    "import requests",
    "",
    `answer = requests.${method.toLowerCase()}(`,
    ...given.map((line) => `    ${line},`),
    ")",
    "answer.raise_for_status()",
  ];
  if (streaming) lines.push("for line in answer.iter_lines():", '    if line.startswith(b"data: "):', "        print(json.loads(line[6:]))");
  else if (file !== undefined) lines.push(`open(${JSON.stringify(file)}, "wb").write(answer.content)`);
  else lines.push("print(answer.text)");
  return lines.join("\n");
}

function pythonValue(value: JsonValue, depth: number): string {
  const [inner, outer] = ["    ".repeat(depth + 1), "    ".repeat(depth)];
  const block = (open: string, close: string, items: string[]) => (items.length === 0 ? open + close : `${open}\n${items.map((item) => `${inner}${item},\n`).join("")}${outer}${close}`);
  if (Array.isArray(value)) return block("[", "]", value.map((item) => pythonValue(item, depth + 1)));
  if (isJsonObject(value)) return block("{", "}", Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${pythonValue(item, depth + 1)}`));
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null ? "None" : JSON.stringify(value);
}

function javascript({ method, url, json, form, streaming, file }: Request): string {
  const lines: string[] = [];
  const upload = form?.find(({ isFile }) => isFile);
  if (upload !== undefined) lines.push('import { openAsBlob } from "node:fs";', "");
  if (form !== null) lines.push("const body = new FormData();");
  for (const part of form ?? []) {
    const name = JSON.stringify(part.value);
    lines.push(part.isFile ? `body.append("${part.name}", await openAsBlob(${name}), ${name});` : `body.append("${part.name}", ${name});`);
  }
  lines.push(`const answer = await fetch(${JSON.stringify(url)}, {`);
  if (method !== "GET") lines.push(`  method: "${method}",`);
  lines.push(json === null ? `  headers: { Authorization: "Bearer ${KEY}" },` : `  headers: { Authorization: "Bearer ${KEY}", "Content-Type": "application/json" },`);
  if (json !== null) lines.push(`  body: JSON.stringify(${JSON.stringify(json, null, 2).replaceAll("\n", "\n  ")}),`);
  if (form !== null) lines.push("  body,");
  lines.push("});", "if (!answer.ok) throw new Error(await answer.text());");
  if (streaming) lines.push(...JAVASCRIPT_STREAM);
  else if (file !== undefined) lines.push("const file = await answer.blob();");
  else lines.push("console.log(await answer.text());");
  return lines.join("\n");
}

const JAVASCRIPT_STREAM = [
  'let rest = "";',
  "const decoder = new TextDecoder();",
  "for await (const chunk of answer.body) {",
  "  rest += decoder.decode(chunk, { stream: true });",
  String.raw`  const lines = rest.split("\n");`,
  '  rest = lines.pop() ?? "";',
  "  for (const line of lines) {",
  '    if (line.startsWith("data: ")) console.log(JSON.parse(line.slice(6)));',
  "  }",
  "}",
];
