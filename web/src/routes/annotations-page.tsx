import { getRouteApi } from "@tanstack/react-router";
import { AnnotationsPage } from "@/features/annotations/annotations-page";

const annotations = getRouteApi("/console/app/$appId/annotations");

export function AnnotationsRoute() {
  const { app } = annotations.useRouteContext();
  return <AnnotationsPage key={app.id} appId={app.id} />;
}
