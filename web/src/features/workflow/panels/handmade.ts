import type { ComponentType } from "react";
import { withTexts } from "@/i18n/i18n";

interface Handmade {
  load: () => Promise<{ default: ComponentType }>;
  /** The settings that it shows; the others get controls below it. */
  fields: readonly string[];
}

/** The panels made by hand, each loaded when a node of its type is opened. */
export const HANDMADE: Record<string, Handmade> = {
  start: { load: () => import("./nodes/start"), fields: ["variables"] },
  end: { load: () => import("./nodes/end"), fields: ["outputs"] },
  answer: { load: () => import("./nodes/answer"), fields: ["answer"] },
  llm: {
    load: () => import("./nodes/llm"),
    fields: [
      "model", "prompt_template", "prompt_config", "memory", "context", "vision", "structured_output_enabled", "structured_output",
      "reasoning_format",
    ], // prettier-ignore
  },
  datasource: {
    load: () => withTexts("pipelines", import("./nodes/datasource")),
    fields: ["provider_type", "datasource_name", "fileExtensions"],
  },
  "knowledge-index": {
    load: () => withTexts(["pipelines", "knowledgeSetup"], import("./nodes/knowledge-index")),
    fields: [
      "chunk_structure", "index_chunk_variable_selector", "indexing_technique", "embedding_model", "embedding_model_provider",
      "keyword_number", "retrieval_model",
    ], // prettier-ignore
  },
  "knowledge-retrieval": {
    load: () => import("./nodes/knowledge-retrieval"),
    fields: [
      "query_variable_selector", "query_attachment_selector", "dataset_ids", "retrieval_mode", "multiple_retrieval_config",
      "single_retrieval_config", "metadata_filtering_mode", "metadata_model_config", "metadata_filtering_conditions",
    ], // prettier-ignore
  },
  "question-classifier": {
    load: () => import("./nodes/question-classifier"),
    fields: ["query_variable_selector", "model", "classes", "instruction", "memory", "vision"],
  },
  "parameter-extractor": {
    load: () => import("./nodes/parameter-extractor"),
    fields: ["model", "query", "parameters", "instruction", "reasoning_mode", "memory", "vision"],
  },
  "if-else": { load: () => import("./nodes/if-else"), fields: ["cases"] },
  code: { load: () => import("./nodes/code"), fields: ["variables", "code_language", "code", "outputs"] },
  "template-transform": { load: () => import("./nodes/template-transform"), fields: ["variables", "template"] },
  "http-request": {
    load: () => import("./nodes/http-request"),
    fields: ["method", "url", "authorization", "headers", "params", "body", "timeout", "ssl_verify"],
  },
  "variable-aggregator": { load: () => import("./nodes/variable-aggregator"), fields: ["output_type", "variables", "advanced_settings"] },
  "variable-assigner": { load: () => import("./nodes/variable-aggregator"), fields: ["output_type", "variables", "advanced_settings"] },
  assigner: { load: () => import("./nodes/assigner"), fields: ["items"] },
  "document-extractor": { load: () => import("./nodes/document-extractor"), fields: ["variable_selector"] },
  "list-operator": { load: () => import("./nodes/list-operator"), fields: ["variable", "filter_by", "extract_by", "order_by", "limit"] },
  iteration: {
    load: () => import("./nodes/iteration"),
    fields: ["iterator_selector", "output_selector", "is_parallel", "parallel_nums", "error_handle_mode", "flatten_output"],
  },
  loop: { load: () => import("./nodes/loop"), fields: ["loop_count", "loop_variables", "break_conditions", "logical_operator"] },
  agent: { load: () => import("./nodes/agent"), fields: ["agent_strategy_provider_name", "agent_parameters", "memory"] },
  tool: { load: () => import("./nodes/tool"), fields: ["provider_id", "tool_parameters", "tool_configurations", "credential_id"] },
  "human-input": {
    load: () => import("./nodes/human-input"),
    fields: ["delivery_methods", "form_content", "inputs", "user_actions", "timeout", "timeout_unit"],
  },
  "trigger-webhook": {
    load: () => import("./nodes/trigger-webhook"),
    fields: ["method", "content_type", "headers", "params", "body", "status_code", "response_body"],
  },
  "trigger-schedule": {
    load: () => import("./nodes/trigger-schedule"),
    fields: ["mode", "frequency", "visual_config", "cron_expression", "timezone"],
  },
};
