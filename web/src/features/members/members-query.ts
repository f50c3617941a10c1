import { queryOptions } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";

export type Member = Schemas["WorkspaceMember"];

export const membersQuery = queryOptions({
  queryKey: ["members"],
  queryFn: async ({ signal }) => (await call(api.GET("/workspaces/current/members", { signal }))).members,
});

export type Invitation = Schemas["OpenInvitation"];

/** For administrators alone. */
export const invitationsQuery = queryOptions({
  queryKey: ["invitations"],
  queryFn: async ({ signal }) => (await call(api.GET("/workspaces/current/invitations", { signal }))).invitations,
});

export const workspacesQuery = queryOptions({
  queryKey: ["workspaces"],
  queryFn: async ({ signal }) => (await call(api.GET("/workspaces", { signal }))).workspaces,
});
