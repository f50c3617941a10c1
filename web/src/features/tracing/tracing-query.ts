import { queryOptions } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";

export type TracingState = Schemas["TracingState"];
export type TracingProvider = Schemas["TracingProvider"];
export type TracingShown = Schemas["TracingShown"];

/** Where the runs of an app are sent to; asked again while somebody looks, for runs go on. */
export const tracingQuery = (appId: string) =>
  queryOptions({
    queryKey: ["app-tracing", appId],
    queryFn: ({ signal }) => call(api.GET("/apps/{app_id}/trace", { params: { path: { app_id: appId } }, signal })),
    refetchInterval: 10_000,
  });

/** How services write their own names. */
export const PROVIDER_TITLES: Record<string, string> = {
  langfuse: "Langfuse",
  langsmith: "LangSmith",
  opik: "Opik",
  weave: "Weave",
  phoenix: "Phoenix",
  arize: "Arize AX",
  otlp: "OpenTelemetry",
};
