import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { consoleApi } from "@/api/console";

export interface RunFilter {
  app?: string | undefined;
  status?: string | undefined;
}

const LIVE_MS = 2000;

export function runsQuery(filter: RunFilter) {
  return infiniteQueryOptions({
    queryKey: ["runs", filter.app ?? "", filter.status ?? ""],
    queryFn: ({ pageParam }) =>
      consoleApi.runs({
        limit: 50,
        ...(filter.app !== undefined && { app_id: filter.app }),
        ...(filter.status !== undefined && { status: filter.status }),
        ...(pageParam !== "" && { cursor: pageParam }),
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    // New runs appear by themselves while the reader is near the top of the list.
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 2 ? false : LIVE_MS),
  });
}

export function runQuery(id: string) {
  return queryOptions({
    queryKey: ["run", id],
    queryFn: () => consoleApi.run(id),
    refetchInterval: (query) => (query.state.data?.status === "running" ? LIVE_MS / 2 : false),
  });
}
