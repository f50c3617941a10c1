import { queryOptions } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";

export type Served = Schemas["ServedShown"];

/** How an app is served to MCP clients; null when it is not. */
export const servedQuery = (appId: string) =>
  queryOptions({
    queryKey: ["app-served", appId],
    queryFn: async ({ signal }): Promise<Served | null> => {
      const served = await call(api.GET("/apps/{app_id}/server", { params: { path: { app_id: appId } }, signal }));
      return "id" in served ? served : null;
    },
  });

/** The arguments of the tool that clients see, with what they are told about each. */
export function argumentsOf(served: Served): { name: string; description: string }[] {
  const properties = membersOf(membersOf(served.parameters).properties);
  return Object.entries(properties).map(([name, schema]) => {
    const { description } = membersOf(schema);
    return { name, description: typeof description === "string" ? description : "" };
  });
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
