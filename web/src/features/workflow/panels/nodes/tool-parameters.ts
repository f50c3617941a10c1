import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import type { Tool, ToolParameter, ToolProvider } from "./tools";

interface ToolParameters {
  parameters: readonly ToolParameter[];
  /** Why its code does not say which parameters it has; those of its file stand in for them. */
  failure: string | undefined;
}

/** The parameters that a tool has for this app and a key of its provider: its code may say others than its file. */
export function useToolParameters(provider: ToolProvider, tool: Tool, credentialId: string): ToolParameters {
  const errorText = useErrorText();
  const appId = useParams({ strict: false, select: (params) => (params as { appId?: string }).appId });
  const query = { ...(credentialId === "" ? {} : { credential_id: credentialId }), ...(appId === undefined ? {} : { app_id: appId }) };
  const { data, error } = useQuery({
    queryKey: ["tools", "parameters", provider.id, tool.name, query],
    enabled: tool.has_runtime_parameters === true,
    queryFn: ({ signal }) =>
      call(api.GET("/workspaces/current/tool-provider/builtin/{provider}/tools/{tool}/parameters", { params: { path: { provider: provider.name, tool: tool.name }, query }, signal })),
  });
  return { parameters: (data as readonly ToolParameter[] | undefined) ?? tool.parameters, failure: error === null ? undefined : errorText(error) };
}
