import { isJsonObject, type JsonValue } from "@/api/json";
import type { NodeData, SummaryLine } from "./types";

/** At most this many lines on a card. */
const LINES = 3;

/** The lines under a card's title: what the node uses, not what it is. The same for the same data, however often asked. */
export function summaryOf(data: NodeData): readonly SummaryLine[] {
  let lines = cache.get(data);
  if (lines === undefined) {
    lines = linesOf(data).slice(0, LINES);
    cache.set(data, lines);
  }
  return lines;
}

const cache = new WeakMap<NodeData, readonly SummaryLine[]>();

function linesOf(data: NodeData): SummaryLine[] {
  switch (data.type) {
    case "llm":
    case "parameter-extractor":
    case "question-classifier":
      return [modelLine(data.model)];
    case "agent":
      return [modelLine(at(at(data.agent_parameters, "model"), "value")), ...plain(word(data.agent_strategy_label))];
    case "start":
      return items(data.variables).map((each) => ({ text: word(each.variable), tone: "code" }));
    case "end":
      return items(data.outputs).map((each) => ({ text: word(each.variable), tone: "code" }));
    case "answer":
      return plain(readable(word(data.answer)));
    case "http-request":
      return [
        word(data.url) === "" ? { text: "URL", tone: "missing" } : { text: `${word(data.method).toUpperCase()} ${readable(word(data.url))}`, tone: "code" },
      ];
    case "code":
      return plain(data.code_language === "javascript" ? "JavaScript" : "Python");
    case "tool":
      return plain([word(data.provider_name), word(data.tool_label) || word(data.tool_name)].filter(Boolean).join(" · "));
    case "knowledge-retrieval": {
      const count = Array.isArray(data.dataset_ids) ? data.dataset_ids.length : 0;
      return count === 0 ? [{ text: "0", tone: "missing" }] : plain(`× ${String(count)}`);
    }
    case "variable-aggregator":
    case "variable-assigner":
      return selectors(data.variables);
    case "knowledge-index":
      return selector(data.index_chunk_variable_selector);
    case "document-extractor":
      return selector(data.variable_selector);
    case "list-operator":
      return selector(data.variable);
    case "assigner":
      return items(data.items).flatMap((each) => selector(each.variable_selector));
    case "iteration":
      return selector(data.iterator_selector);
    case "loop":
      return typeof data.loop_count === "number" ? plain(`≤ ${String(data.loop_count)}`) : [];
    case "trigger-webhook":
      return plain(word(data.method).toUpperCase());
    case "trigger-schedule":
      return plain(word(data.cron_expression) || [word(data.frequency), word(at(data.visual_config, "time"))].join(" "));
    default:
      return [];
  }
}

function modelLine(model: JsonValue | undefined): SummaryLine {
  const name = word(at(model, "name"));
  return name === "" ? { text: "", tone: "missing" } : { text: name };
}

/** A template in one line, its variables by their names alone. */
function readable(template: string): string {
  return template
    .replace(/\{\{#(?:[^#}]*\.)?([^.#}]+)#\}\}/g, "{$1}")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 120);
}

function selectors(value: JsonValue | undefined): SummaryLine[] {
  return Array.isArray(value) ? value.flatMap(selector) : [];
}

function selector(value: JsonValue | undefined): SummaryLine[] {
  if (!Array.isArray(value) || value.length < 2) return [];
  return [{ text: value.slice(1).map(word).join("."), tone: "code" }];
}

function plain(text: string): SummaryLine[] {
  return text.trim() === "" ? [] : [{ text }];
}

function items(value: JsonValue | undefined) {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function at(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return isJsonObject(value) ? value[key] : undefined;
}

function word(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
