import { queryOptions } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";

export type Member = Schemas["WorkspaceMember"];

export const membersQuery = queryOptions({
  queryKey: ["members"],
  queryFn: async ({ signal }) => (await call(api.GET("/workspaces/current/members", { signal }))).members,
});

export const workspacesQuery = queryOptions({
  queryKey: ["workspaces"],
  queryFn: async ({ signal }) => (await call(api.GET("/workspaces", { signal }))).workspaces,
});
