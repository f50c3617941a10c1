import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import { isApiError } from "@/api/http";
import type { JsonObject, JsonValue } from "@/api/json";

export type ProviderType = "builtin" | "api" | "workflow" | "mcp" | "plugin";

export interface ToolParameter {
  name: string;
  type: string;
  form: string;
  label?: JsonObject;
  human_description?: JsonObject | null;
  llm_description?: string | null;
  required?: boolean;
  default?: JsonValue;
  min?: number | null;
  max?: number | null;
  options?: { value: string; label: JsonObject }[];
}

export interface Tool {
  name: string;
  label: JsonObject;
  description: JsonObject | string | null;
  parameters: ToolParameter[];
  /** Its code says which parameters it has; see `useToolParameters`. */
  has_runtime_parameters?: boolean;
  output_schema?: JsonValue;
}

export interface ToolProvider {
  id: string;
  author?: string;
  name: string;
  type: ProviderType;
  label: JsonObject;
  description: JsonObject;
  icon: JsonValue;
  needs_credentials?: boolean;
  /** False for an MCP server that is switched off. */
  enabled?: boolean | null;
  is_team_authorization: boolean;
  tools: Tool[];
}

const KINDS = ["builtin", "api", "workflow", "mcp"] as const;

export const toolsQuery = queryOptions({
  queryKey: ["tools", "all"],
  queryFn: async ({ signal }): Promise<ToolProvider[]> => {
    try {
      const lists = await Promise.all(KINDS.map((kind) => call(api.GET("/workspaces/current/tools/{kind}", { params: { path: { kind } }, signal }))));
      return lists.flat() as unknown as ToolProvider[];
    } catch (error) {
      if (isApiError(error, 403)) return []; // whose work is knowledge alone has no tools
      throw error;
    }
  },
  staleTime: 60_000,
});

/** The tool that a node names; files of older versions name its provider by another id. */
export function findTool(providers: readonly ToolProvider[] | undefined, id: string, name: string): { provider: ToolProvider; tool: Tool } | undefined {
  const short = id.split("/").at(-1);
  for (const matches of [(each: ToolProvider) => each.id === id, (each: ToolProvider) => each.name === id || each.name === short]) {
    for (const provider of providers ?? []) {
      const tool = matches(provider) ? provider.tools.find((each) => each.name === name) : undefined;
      if (tool !== undefined) return { provider, tool };
    }
  }
  return undefined;
}

export function useCredentials(provider: ToolProvider | undefined) {
  return useQuery({
    queryKey: ["tools", "credentials", provider?.id],
    enabled: provider?.type === "builtin" && provider.needs_credentials === true,
    queryFn: ({ signal }) => call(api.GET("/workspaces/current/tool-provider/builtin/{provider}/credentials", { params: { path: { provider: provider?.name ?? "" } }, signal })),
  });
}

/** What may stand for a parameter of a tool, as types of variables. */
export function acceptedFor(parameter: ToolParameter): string[] | undefined {
  switch (parameter.type) {
    case "number":
      return ["number"];
    case "boolean":
      return ["boolean"];
    case "file":
      return ["file"];
    case "files":
      return ["array[file]", "file"];
    case "array":
      return ["array"];
    case "object":
      return ["object"];
    case "any":
      return undefined;
    default:
      return ["string", "number"];
  }
}
