import { queryOptions } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";

export type Extension = Schemas["ExtensionShown"];

/** What stands for a key that is to stay as it is. */
export const UNCHANGED_KEY = "[__HIDDEN__]";

export const extensionsQuery = queryOptions({
  queryKey: ["api-extensions"],
  queryFn: ({ signal }) => call(api.GET("/api-based-extension", { signal })),
});
