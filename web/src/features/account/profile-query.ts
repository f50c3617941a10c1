import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { api, call, type Schemas } from "@/api/client";
import { sessionQuery } from "./session";

export type Profile = Schemas["Profile"];
export type ProfileChange = Schemas["ProfileChange"];

export const profileQuery = queryOptions({
  queryKey: ["profile"],
  queryFn: ({ signal }) => call(api.GET("/account/profile", { signal })),
  staleTime: 60_000,
});

export const ownSessionsQuery = queryOptions({
  queryKey: ["own-sessions"],
  queryFn: async ({ signal }) => (await call(api.GET("/account/sessions", { signal }))).sessions,
});

/** Changes of one's own account. They raise ApiError. */
export function useProfileWrites() {
  const queries = useQueryClient();
  const router = useRouter();
  const keep = (profile: Profile) => {
    queries.setQueryData(profileQuery.queryKey, profile);
    void queries.invalidateQueries({ queryKey: ["members"] });
  };
  return {
    change: async (body: ProfileChange) => {
      keep(await call(api.PATCH("/account/profile", { body })));
      if (body.name === undefined) return;
      await queries.query({ ...sessionQuery, staleTime: 0 });
      await router.invalidate();
    },
    showPicture: async (fileId: string) => keep(await call(api.PUT("/account/avatar", { body: { file_id: fileId } }))),
    removePicture: async () => keep(await call(api.DELETE("/account/avatar"))),
  };
}
