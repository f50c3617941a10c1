import { queryOptions } from "@tanstack/react-query";
import { consoleApi } from "@/api/console";

export const appsQuery = queryOptions({ queryKey: ["apps"], queryFn: consoleApi.apps, staleTime: 10_000, meta: { console: true } });
