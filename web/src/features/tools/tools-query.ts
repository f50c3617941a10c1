import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";

export type ToolProvider = Schemas["ToolProviderShown"];
export type ToolShown = Schemas["ToolShown"];
export type ToolCredential = Schemas["ToolCredentialShown"];
export type Operation = Schemas["OperationShown"];

/** Who provides tools, in the order of the page's tabs. */
export const KINDS = ["builtin", "api", "workflow", "mcp"] as const;
export type ToolKind = (typeof KINDS)[number];

/** What providers are sorted by. */
export const LABELS = [
  "search", "image", "videos", "weather", "finance", "design", "travel", "social", "news", "medical", "productivity",
  "education", "business", "entertainment", "utilities", "rag", "other",
] as const; // prettier-ignore

export const providersQuery = (kind: ToolKind) =>
  queryOptions({
    queryKey: ["tools", "kind", kind],
    queryFn: ({ signal }) => call(api.GET("/workspaces/current/tools/{kind}", { params: { path: { kind } }, signal })),
    // A sign-in at an MCP server ends in another window.
    refetchOnWindowFocus: kind === "mcp" ? "always" : false,
  });

/** All providers, without their tools. */
export const providerNamesQuery = queryOptions({
  queryKey: ["tools", "names"],
  queryFn: ({ signal }) => call(api.GET("/workspaces/current/tool-providers", { signal })),
});

export const credentialsQuery = (provider: string) =>
  queryOptions({
    queryKey: ["tools", "stored-credentials", provider],
    queryFn: ({ signal }) => call(api.GET("/workspaces/current/tool-provider/builtin/{provider}/credential/info", { params: { path: { provider } }, signal })),
  });

/** Reads everything about tools anew, wherever it is shown. */
export function useToolsChanged(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ["tools"] });
}
