import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import type { ChartId } from "./charts";

/** The days of a chart from `start` on, in the time zone of the signed-in account; an empty start is the first day. */
export function chartQuery(appId: string, chart: ChartId, start: string) {
  return queryOptions({
    queryKey: ["chart", appId, chart, start],
    queryFn: async ({ signal }) => (await call(api.GET("/apps/{app_id}/statistics/{chart}", { params: { path: { app_id: appId, chart }, query: { start } }, signal }))).data,
    placeholderData: keepPreviousData,
  });
}
