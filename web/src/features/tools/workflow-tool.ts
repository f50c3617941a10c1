import { queryOptions } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";

export type WorkflowTool = Schemas["WorkflowToolShown"];
type Declared = Schemas["DeclaredParameter"];

/** The tool that a workflow is; null while it is none. */
export const workflowToolQuery = (appId: string) =>
  queryOptions({
    queryKey: ["tools", "workflow", appId],
    queryFn: async ({ signal }): Promise<WorkflowTool | null> => {
      const tools = await call(api.GET("/workspaces/current/tool-providers", { params: { query: { type: "workflow" } }, signal }));
      const found = tools.find((tool) => tool.workflow_app_id === appId);
      if (found === undefined) return null;
      return await call(api.GET("/workspaces/current/tool-provider/workflow/get", { params: { query: { workflow_tool_id: found.id } }, signal }));
    },
  });

/** What the published version of a workflow asks for. */
export const publishedFormQuery = (appId: string) =>
  queryOptions({
    queryKey: ["tools", "published-form", appId],
    gcTime: 0,
    queryFn: async ({ signal }) => startVariables((await call(api.GET("/apps/{app_id}/workflows/publish", { params: { path: { app_id: appId } }, signal })))?.graph),
  });

export interface StartVariable {
  variable: string;
  label: string;
  required: boolean;
}

/** The fields of the start node of a graph. */
export function startVariables(graph: unknown): StartVariable[] {
  const nodes = listIn(graph, "nodes");
  const start = nodes.map((node) => memberOf(node, "data")).find((data) => memberOf(data, "type") === "start");
  return listIn(start, "variables").flatMap((each) => {
    const variable = memberOf(each, "variable");
    const label = memberOf(each, "label");
    if (typeof variable !== "string") return [];
    return [{ variable, label: typeof label === "string" ? label : variable, required: memberOf(each, "required") === true }];
  });
}

/** The parameters of a tool for a form: what was said of them before stays. */
export function declaredFor(form: readonly StartVariable[], said: readonly Declared[]): Declared[] {
  return form.map(({ variable, label }) => said.find((each) => each.name === variable) ?? { name: variable, description: label === variable ? "" : label, form: "llm" });
}

/** A name that models can call, made of what people call the app; empty when nothing of it can be kept. */
export function callNameFor(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "_")
    .replace(/^_+|_+$/g, "");
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function listIn(value: unknown, name: string): unknown[] {
  const list = memberOf(value, name);
  return Array.isArray(list) ? (list as unknown[]) : [];
}
