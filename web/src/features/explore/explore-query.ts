import { queryOptions } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";

export type CatalogueApp = Schemas["CatalogueApp"];
export type InstalledApp = Schemas["InstalledAppShown"];

/** The apps that the workspace offers, those that come with Treadle, and their categories. */
export const catalogueQuery = queryOptions({
  queryKey: ["explore", "catalogue"],
  queryFn: ({ signal }) => call(api.GET("/explore/apps", { signal })),
  staleTime: 10_000,
});

/** The file of an app of the catalogue. Raises ApiError. */
export async function templateOf(id: string): Promise<string> {
  return (await call(api.GET("/app-templates/{template_id}", { params: { path: { template_id: id } } }))).content;
}

/** The published apps of the workspace: pinned ones first, then those used last. */
export const installedQuery = queryOptions({
  queryKey: ["installed"],
  queryFn: async ({ signal }) => (await call(api.GET("/installed-apps", { signal }))).data,
  staleTime: 10_000,
});
