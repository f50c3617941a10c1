import { queryOptions } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";

export type CatalogueApp = Schemas["CatalogueApp"];
export type InstalledApp = Schemas["InstalledAppShown"];

/** The apps that come with Treadle, and their categories. */
export const catalogueQuery = queryOptions({
  queryKey: ["explore", "catalogue"],
  queryFn: ({ signal }) => call(api.GET("/explore/apps", { signal })),
  staleTime: Infinity,
});

/** The file of an app of the catalogue. Raises ApiError. */
export async function templateOf(id: string): Promise<string> {
  const { data } = await call(api.GET("/app-templates"));
  const found = data.find((template) => template.id === id);
  if (found === undefined) throw new Error(id);
  return found.content;
}

/** The published apps of the workspace: pinned ones first, then those used last. */
export const installedQuery = queryOptions({
  queryKey: ["installed"],
  queryFn: async ({ signal }) => (await call(api.GET("/installed-apps", { signal }))).data,
  staleTime: 10_000,
});
