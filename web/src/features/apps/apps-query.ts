import { infiniteQueryOptions, queryOptions, type QueryClient } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";
import type { App, AppMode } from "@/api/console";

/** The apps changed last, as many as one page holds. */
export const appsQuery = queryOptions({
  queryKey: ["apps"],
  queryFn: async ({ signal }) => (await call(api.GET("/apps", { signal }))).data,
  staleTime: 10_000,
});

export interface AppFilter {
  mode?: AppMode | undefined;
  tagIds?: readonly string[];
  name?: string;
  mine?: boolean;
  order?: AppOrder;
}

/** Last changed first, last made first, or by name. */
export const ORDERS = ["changed", "created", "name"] as const;
export type AppOrder = (typeof ORDERS)[number];

const PAGE_SIZE = 30;

/** The apps that a filter lets through, page after page, in an order. */
export function appListQuery({ mode, tagIds = [], name = "", mine = false, order = "changed" }: AppFilter) {
  return infiniteQueryOptions({
    queryKey: ["apps", "list", { mode: mode ?? null, tagIds, name, mine, order }],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/apps", {
          params: {
            query: { name, tag_ids: [...tagIds], is_created_by_me: mine, order, page: pageParam, limit: PAGE_SIZE, ...(mode === undefined ? {} : { mode: [mode] }) },
          },
          signal,
        }),
      ),
    initialPageParam: 1,
    getNextPageParam: (last) => (last.has_more ? last.page + 1 : undefined),
    staleTime: 10_000,
  });
}

/** One app with its configuration. Writes of an app invalidate `["app", id]` and `["apps"]`. */
export function appQuery(id: string) {
  return queryOptions({
    queryKey: ["app", id],
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}", { params: { path: { app_id: id } }, signal })),
    staleTime: 10_000,
  });
}

/** Has every list and page of apps read again. `id`: that app too. */
export async function refreshApps(queries: QueryClient, id?: string): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: ["apps"] }),
    queries.invalidateQueries({ queryKey: ["installed"] }),
    ...(id === undefined ? [] : [queries.invalidateQueries({ queryKey: ["app", id] })]),
  ]);
}

interface ListPages {
  pages: Schemas["AppList"][];
  pageParams: unknown[];
}

/** Shows a change of an app in every list before the server has it; null takes the app out. Gives the way back. */
export function patchListed(queries: QueryClient, id: string, change: (app: App) => App | null): () => void {
  const before = queries.getQueriesData<ListPages>({ queryKey: ["apps", "list"] });
  queries.setQueriesData<ListPages>({ queryKey: ["apps", "list"] }, (shown) =>
    shown === undefined
      ? shown
      : {
          ...shown,
          pages: shown.pages.map((page) => ({
            ...page,
            data: page.data.flatMap((app) => {
              const next = app.id === id ? change(app) : app;
              return next === null ? [] : [next];
            }),
          })),
        },
  );
  return () => {
    for (const [key, data] of before) queries.setQueryData(key, data);
  };
}
