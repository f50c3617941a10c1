import type { JsonObject, JsonValue } from "@/api/json";
import type { Tool, ToolProvider } from "@/features/workflow/panels/nodes/tools";
import { mapsIn, section, textIn, withSection } from "./configuration";

export type Strategy = "function_call" | "react";

export function toolsIn(configuration: JsonObject): JsonObject[] {
  return mapsIn(section(configuration, "agent_mode"), "tools");
}

export function withAgent(configuration: JsonObject, part: JsonObject): JsonObject {
  return withSection({ ...configuration, agent_mode: { strategy: null, prompt: null, ...section(configuration, "agent_mode") } }, "agent_mode", { enabled: true, ...part });
}

export function withTools(configuration: JsonObject, tools: readonly JsonObject[]): JsonObject {
  return withAgent(configuration, { tools: [...tools] });
}

/** What an agent keeps of a tool that was chosen; parameters that the model does not give begin at their defaults. */
export function toolEntry(provider: ToolProvider, tool: Tool, text: (texts: object | string | null | undefined) => string): JsonObject {
  const own = tool.parameters.filter((parameter) => parameter.form !== "llm" && parameter.default != null);
  return {
    enabled: true,
    provider_type: provider.type,
    provider_id: provider.id,
    provider_name: provider.name,
    tool_name: tool.name,
    tool_label: text(tool.label) || tool.name,
    tool_parameters: Object.fromEntries(own.map((parameter): [string, JsonValue] => [parameter.name, parameter.default ?? ""])),
  };
}

export function toolLabel(tool: JsonObject): string {
  return textIn(tool, "tool_label") || textIn(tool, "tool_name") || (Object.keys(tool)[0] ?? "");
}

/** The strategy that a model leads to: calls of functions where it knows them, else a text that is read. */
export function strategyFor(features: readonly string[]): Strategy {
  return features.some((feature) => ["tool-call", "multi-tool-call"].includes(feature)) ? "function_call" : "react";
}
