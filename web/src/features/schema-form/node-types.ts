import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import type { JsonObject } from "@/api/json";

/** A node type as the server describes it. */
export interface NodeType {
  type: string;
  title: Record<string, string>;
  description: Record<string, string>;
  family: string;
  icon: string;
  modes: string[];
  settings: JsonObject;
  defaults: JsonObject;
  outputs: { name: string; type: string }[];
  outputs_from: { setting: string; name: string | null; type: string | null }[];
  runs_alone: boolean;
  retries: boolean;
  handles_errors: boolean;
}

export const nodeTypesQuery = queryOptions({
  queryKey: ["workflow-node-types"],
  queryFn: async ({ signal }): Promise<NodeType[]> => {
    const answer = await call(api.GET("/workflow-node-types" as never, { signal } as never) as Promise<{ data?: { data: NodeType[] }; response: Response }>);
    return (answer as { data: NodeType[] }).data;
  },
  staleTime: Infinity,
});

export function useNodeType(type: string): NodeType | undefined {
  const { data } = useQuery(nodeTypesQuery);
  return data?.find((each) => each.type === type);
}
