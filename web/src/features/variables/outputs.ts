import type { FlowNode, Selector } from "@/features/workflow/graph/types";
import { arrayOf, isRecord, itemType, typeOfSchema, variablesOfSchema, type ValueType, type Variable } from "./types";

export type TypeOf = (selector: Selector) => ValueType;

const USAGE: readonly Variable[] = [
  "prompt_tokens",
  "completion_tokens",
  "total_tokens",
  "latency",
].map((name) => ({ name, type: "number" }));

export const INPUT_TYPES: Record<string, ValueType> = {
  "text-input": "string",
  paragraph: "string",
  select: "string",
  number: "number",
  checkbox: "boolean",
  json_object: "object",
  file: "file",
  "file-list": "array[file]",
  external_data_tool: "string",
};

const QUESTION_TYPES: Record<string, ValueType> = {
  paragraph: "string",
  text_input: "string",
  select: "string",
  file: "file",
  "file-list": "array[file]",
};

/** What can be read of a retrieved passage. */
const PASSAGE: readonly Variable[] = [
  { name: "content", type: "string" },
  { name: "title", type: "string" },
  { name: "metadata", type: "object" },
];

/** What is known of a page of a web site. */
const PAGE: readonly Variable[] = ["content", "title", "description", "source_url"].map((name) => ({ name, type: "string" }));

/** The variables that a node gives, from its settings (spec workflow-nodes, "Outputs" of each type). */
export function outputsOf(node: FlowNode, typeOf: TypeOf): Variable[] {
  const outputs = (RULES[node.data.type] ?? none)(node, typeOf);
  const failing = node.data.error_strategy === "fail-branch" || node.data.error_strategy === "default-value";
  return failing ? [...outputs, { name: "error_message", type: "string" }, { name: "error_type", type: "string" }] : outputs;
}

/** What the body of a container can read of it, beside what it gives in the end. */
export function insideOf(node: FlowNode, typeOf: TypeOf): Variable[] {
  if (node.data.type === "iteration") {
    const item = itemType(typeOf(selectorAt(node, "iterator_selector")));
    return [
      { name: "item", type: item },
      { name: "index", type: "number" },
    ];
  }
  return node.data.type === "loop" ? loopVariables(node) : [];
}

type Rule = (node: FlowNode, typeOf: TypeOf) => Variable[];

const none: Rule = () => [];
const fixed = (...variables: Variable[]): Rule => () => variables;

const RULES: Record<string, Rule> = {
  start: (node) => records(node, "variables").map(startVariable).filter(named),
  llm: (node) => [
    { name: "text", type: "string" },
    { name: "reasoning_content", type: "string" },
    { name: "usage", type: "object", children: USAGE },
    ...structured(node),
  ],
  datasource: (node) => [
    ...(node.data.provider_type === "website_crawl" ? PAGE : [{ name: "file", type: "file" }]),
    { name: "datasource_type", type: "string" },
  ],
  "knowledge-retrieval": fixed({ name: "result", type: "array[object]", children: PASSAGE }),
  "question-classifier": fixed(
    { name: "class_name", type: "string" },
    { name: "class_id", type: "string" },
    { name: "usage", type: "object", children: USAGE },
  ),
  code: (node) => declared(node.data.outputs),
  "template-transform": fixed({ name: "output", type: "string" }),
  "http-request": fixed(
    { name: "body", type: "string" },
    { name: "status_code", type: "number" },
    { name: "headers", type: "object" },
    { name: "files", type: "array[file]" },
  ),
  tool: (node) => [
    { name: "text", type: "string" },
    { name: "files", type: "array[file]" },
    { name: "json", type: "array[object]" },
    ...variablesOfSchema(node.data.output_schema).filter(({ name }) => !["text", "files", "json"].includes(name)),
  ],
  agent: (node) => [
    { name: "text", type: "string" },
    { name: "files", type: "array[file]" },
    { name: "json", type: "array[object]" },
    { name: "usage", type: "object", children: USAGE },
    ...variablesOfSchema(node.data.output_schema).filter(({ name }) => !["text", "files", "json", "usage"].includes(name)),
  ],
  "parameter-extractor": (node) => [
    ...records(node, "parameters")
      .map((each) => ({ name: text(each.name), type: parameterType(text(each.type)), ...described(each) }))
      .filter(named),
    { name: "__is_success", type: "number" },
    { name: "__reason", type: "string" },
    { name: "__usage", type: "object", children: USAGE },
  ],
  "variable-aggregator": aggregated,
  "variable-assigner": aggregated,
  "document-extractor": (node, typeOf) => {
    const many = node.data.is_array_file === true || typeOf(selectorAt(node, "variable_selector")) === "array[file]";
    return [{ name: "text", type: many ? "array[string]" : "string" }];
  },
  "list-operator": (node, typeOf) => {
    const type = typeOf(selectorAt(node, "variable"));
    const list = type === "any" ? text(node.data.var_type) || "array[any]" : type;
    return [
      { name: "result", type: list },
      { name: "first_record", type: itemType(list) },
      { name: "last_record", type: itemType(list) },
    ];
  },
  iteration: (node, typeOf) => [{ name: "output", type: iterationOutput(node, typeOf) }],
  loop: (node) => [...loopVariables(node), { name: "loop_round", type: "number" }],
  "if-else": none,
  "trigger-webhook": webhookVariables,
  "trigger-plugin": (node) => variablesOfSchema(node.data.output_schema),
  "human-input": (node) => [
    ...records(node, "inputs")
      .map((each) => ({ name: text(each.output_variable_name), type: QUESTION_TYPES[text(each.type)] ?? "string" }))
      .filter(named),
    { name: "__action_id", type: "string" },
    { name: "__action_value", type: "string" },
    { name: "__rendered_content", type: "string" },
  ],
};

function startVariable(variable: Record<string, unknown>): Variable {
  const children = variable.type === "json_object" ? variablesOfSchema(schemaOf(variable.json_schema)) : [];
  return {
    name: text(variable.variable),
    type: INPUT_TYPES[text(variable.type)] ?? "string",
    ...(text(variable.label) === "" ? {} : { description: text(variable.label) }),
    ...(children.length > 0 ? { children } : {}),
  };
}

function schemaOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

function structured(node: FlowNode): Variable[] {
  const output = node.data.structured_output;
  if (node.data.structured_output_enabled !== true || !isRecord(output)) return [];
  return [{ name: "structured_output", type: "object", children: variablesOfSchema(output.schema) }];
}

/** Outputs of code: a map of names to types, with members of objects inside. */
function declared(outputs: unknown): Variable[] {
  if (!isRecord(outputs)) return [];
  return Object.entries(outputs).map(([name, output]) => {
    const children = isRecord(output) ? declared(output.children) : [];
    const type = isRecord(output) ? text(output.type) : "";
    return { name, type: type || "any", ...(children.length > 0 ? { children } : {}) };
  });
}

function aggregated(node: FlowNode, typeOf: TypeOf): Variable[] {
  const settings = node.data.advanced_settings;
  if (isRecord(settings) && settings.group_enabled === true) {
    const groups = Array.isArray(settings.groups) ? (settings.groups as unknown[]).filter(isRecord) : [];
    return groups
      .map((group) => ({
        name: text(group.group_name),
        type: "object",
        onlyChildren: true,
        children: [{ name: "output", type: commonType(group, typeOf) }],
      }))
      .filter(named);
  }
  return [{ name: "output", type: commonType(node.data, typeOf) }];
}

/** The type that the listed variables share, else what the settings say. */
function commonType(settings: Record<string, unknown>, typeOf: TypeOf): ValueType {
  const listed = Array.isArray(settings.variables) ? settings.variables.filter(isSelector) : [];
  const types = new Set(listed.map(typeOf).filter((type) => type !== "any"));
  if (types.size === 1) return [...types][0] ?? "any";
  const noted = text(settings.output_type);
  return types.size === 0 && noted !== "" ? noted : "any";
}

function iterationOutput(node: FlowNode, typeOf: TypeOf): ValueType {
  const type = typeOf(selectorAt(node, "output_selector"));
  if (type === "any") return text(node.data.output_type) || "array[any]";
  const list = type.startsWith("array[");
  return list && node.data.flatten_output !== false ? type : arrayOf(type);
}

function loopVariables(node: FlowNode): Variable[] {
  return records(node, "loop_variables")
    .map((each) => ({ name: text(each.label), type: text(each.var_type) || "string" }))
    .filter(named);
}

function webhookVariables(node: FlowNode): Variable[] {
  const typed = (each: Record<string, unknown>): Variable => ({ name: text(each.name), type: text(each.type) || "string" });
  const headers = records(node, "headers").map((each) => ({ name: text(each.name).replaceAll("-", "_"), type: "string" }));
  const raw = ["method", "headers", "query_params", "body", "files"].map((name) => ({ name, type: name === "method" ? "string" : "object" }));
  return [
    ...headers,
    ...records(node, "params").map(typed),
    ...records(node, "body").map(typed),
    { name: "_webhook_raw", type: "object", children: raw },
  ].filter(named);
}

function parameterType(type: string): ValueType {
  if (type === "bool") return "boolean";
  return type === "select" || type === "" ? "string" : type;
}

function described(record: Record<string, unknown>): { description?: string } {
  const description = text(record.description);
  return description === "" ? {} : { description };
}

function named(variable: Variable): boolean {
  return variable.name !== "";
}

function records(node: FlowNode, key: string): Record<string, unknown>[] {
  const value = node.data[key];
  return Array.isArray(value) ? (value as unknown[]).filter(isRecord) : [];
}

function selectorAt(node: FlowNode, key: string): Selector {
  const value = node.data[key];
  return isSelector(value) ? value : [];
}

function isSelector(value: unknown): value is Selector {
  return Array.isArray(value) && value.every((part) => typeof part === "string");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export { typeOfSchema };
