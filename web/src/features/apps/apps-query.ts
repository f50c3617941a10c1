import { queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";

export const appsQuery = queryOptions({
  queryKey: ["apps"],
  queryFn: async ({ signal }) => (await call(api.GET("/apps", { signal }))).data,
  staleTime: 10_000,
});

/** One app with its configuration. Writes of an app invalidate `["app", id]` and `["apps"]`. */
export function appQuery(id: string) {
  return queryOptions({
    queryKey: ["app", id],
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}", { params: { path: { app_id: id } }, signal })),
    staleTime: 10_000,
  });
}
