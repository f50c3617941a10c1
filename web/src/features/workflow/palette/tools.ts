import { useTranslation } from "react-i18next";
import { isJsonObject, type JsonObject } from "@/api/json";
import type { NodeData } from "../graph/types";
import type { Tool, ToolProvider } from "../store/api";

/** The text of a map by language, in the reader's language or else in English. */
export function useToolName(): (labels: Record<string, string> | null | undefined) => string {
  const { i18n } = useTranslation();
  const wanted = { "zh-Hans": "zh_Hans", ja: "ja_JP" }[i18n.language] ?? "en_US";
  return (labels) => labels?.[wanted] ?? labels?.en_US ?? "";
}

/** The data of a node that calls a tool, its settings at their defaults. */
export function toolData(
  base: NodeData,
  provider: ToolProvider,
  tool: Tool,
  name: (labels: Record<string, string>) => string,
): NodeData {
  const label = name(tool.label) || tool.name;
  const settings: JsonObject = {};
  for (const parameter of tool.parameters) {
    if (!isJsonObject(parameter) || parameter.form === "llm" || typeof parameter.name !== "string") continue;
    const { default: value } = parameter;
    if (value !== undefined && value !== null) settings[parameter.name] = value;
  }
  return {
    ...base,
    title: label,
    provider_id: provider.id,
    provider_type: provider.type,
    provider_name: provider.name,
    tool_name: tool.name,
    tool_label: label,
    tool_description: name(tool.description),
    tool_configurations: settings,
    tool_parameters: {},
  };
}
