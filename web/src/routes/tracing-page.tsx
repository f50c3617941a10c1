import { getRouteApi } from "@tanstack/react-router";
import { TracingPage } from "@/features/tracing/tracing-page";

const tracing = getRouteApi("/console/app/$appId/tracing");

export function TracingRoute() {
  const { account, app } = tracing.useRouteContext();
  const administers = account.role === "owner" || account.role === "admin";
  return <TracingPage key={app.id} appId={app.id} administers={administers} />;
}
