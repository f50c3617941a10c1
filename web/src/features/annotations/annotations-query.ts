import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";

export type Annotation = Schemas["AnnotationShown"];

export const PAGE_SIZE = 20;
const LIVE_MS = 1500;

/** Writes to the annotations of an app invalidate everything below it. */
export const annotationsKey = (appId: string) => ["annotations", appId];

export function annotationsQuery(appId: string, keyword: string, page: number) {
  const query = { keyword, page, limit: PAGE_SIZE };
  return queryOptions({
    queryKey: [...annotationsKey(appId), "list", query],
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/annotations", { params: { path: { app_id: appId }, query }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function hitsQuery(appId: string, id: string) {
  return infiniteQueryOptions({
    queryKey: [...annotationsKey(appId), "hits", id],
    queryFn: ({ pageParam, signal }) =>
      call(
        api.GET("/apps/{app_id}/annotations/{annotation_id}/hit-histories", {
          params: { path: { app_id: appId, annotation_id: id }, query: { page: pageParam, limit: 10 } },
          signal,
        }),
      ),
    initialPageParam: 1,
    getNextPageParam: (last) => (last.has_more ? last.page + 1 : undefined),
  });
}

/** Asked again while something goes on. */
export function replyQuery(appId: string) {
  return queryOptions({
    queryKey: [...annotationsKey(appId), "reply"],
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/annotation-setting", { params: { path: { app_id: appId } }, signal })),
    refetchInterval: ({ state: { data } }) => (data?.job != null || (data?.pending ?? 0) > 0 ? LIVE_MS : false),
  });
}

export function importQuery(appId: string, jobId: string) {
  return queryOptions({
    queryKey: [...annotationsKey(appId), "import", jobId],
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/annotations/batch-import-status/{job_id}", { params: { path: { app_id: appId, job_id: jobId } }, signal })),
    refetchInterval: ({ state: { data } }) => (data?.job_status === "completed" || data?.job_status === "error" ? false : LIVE_MS),
  });
}
