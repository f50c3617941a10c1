import { queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";

/** Which ways in this server offers. */
export const systemFeaturesQuery = queryOptions({
  queryKey: ["system-features"],
  queryFn: ({ signal }) => call(api.GET("/system-features", { signal })),
  staleTime: Infinity,
});
