import type { Schemas } from "@/api/client";
import type { ToolProvider } from "./tools-query";

/** A header of the requests to a server; `id` keeps its row apart from the others. */
export interface Header {
  id: number;
  name: string;
  value: string;
}

/** An MCP server as the form holds it. */
export interface McpForm {
  name: string;
  identifier: string;
  address: string;
  icon: Schemas["Icon"];
  headers: Header[];
  timeout: number;
  readTimeout: number;
  clientId: string;
  clientSecret: string;
  grant: "authorization_code" | "client_credentials";
}

/** What stands for a secret that is to stay as it is. */
const UNCHANGED = "[__HIDDEN__]";

export const NEW_SERVER: McpForm = {
  name: "",
  identifier: "",
  address: "",
  icon: { content: "🔗", background: "#EFE9FE" },
  headers: [],
  timeout: 30,
  readTimeout: 300,
  clientId: "",
  clientSecret: "",
  grant: "authorization_code",
};

export function mcpFormOf(server: ToolProvider): McpForm {
  return {
    name: server.name,
    identifier: server.server_identifier ?? "",
    address: server.server_url ?? "",
    icon: server.icon ?? NEW_SERVER.icon,
    headers: Object.entries(server.masked_headers ?? {}).map(([name, value], id) => ({ id, name, value })),
    timeout: server.timeout ?? NEW_SERVER.timeout,
    readTimeout: server.sse_read_timeout ?? NEW_SERVER.readTimeout,
    clientId: server.client_id ?? "",
    clientSecret: "",
    grant: server.grant === "client_credentials" ? "client_credentials" : "authorization_code",
  };
}

/** `server`: the one that is changed; its secret stays where none was entered. */
export function mcpBodyOf(form: McpForm, server: ToolProvider | undefined): Schemas["McpBody"] {
  const kept = server !== undefined && form.clientSecret === "" && form.clientId !== "" && form.clientId === server.client_id;
  return {
    name: form.name.trim(),
    server_identifier: form.identifier.trim(),
    server_url: form.address.trim(),
    icon: form.icon,
    headers: Object.fromEntries(form.headers.filter(({ name }) => name.trim() !== "").map(({ name, value }) => [name.trim(), value])),
    timeout: form.timeout,
    sse_read_timeout: form.readTimeout,
    client_id: form.clientId.trim(),
    client_secret: kept ? UNCHANGED : form.clientSecret,
    grant: form.grant,
  };
}

/** A name for app files, made of what people call the server. */
export function identifierFor(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^[-_]+|-+$/g, "")
    .slice(0, 24);
}
