import type { App, AppMode } from "@/api/console";

/** The published page of an app, or null while it has none. */
export function webAppPath(app: App): string | null {
  if (app.site_code === null || app.site_code === "" || !app.site_enabled) return null;
  return `/${pageOf(app.mode)}/${app.site_code}`;
}

function pageOf(mode: AppMode): "chat" | "completion" | "workflow" {
  return mode === "completion" || mode === "workflow" ? mode : "chat";
}
