import { getRouteApi } from "@tanstack/react-router";
import { AppLayout as AppPages } from "@/features/shell/app-layout";
import { ConsoleShell } from "@/features/shell/console-shell";
import { OpenSection, SettingsLayout as SettingsPages } from "@/features/shell/settings-layout";

const console = getRouteApi("/console");
const app = getRouteApi("/console/app/$appId");
const section = getRouteApi("/console/settings/$section");

export function ConsoleLayout() {
  return <ConsoleShell account={console.useRouteContext().account} />;
}

export function AppLayout() {
  return <AppPages app={app.useRouteContext().app} />;
}

export function SettingsLayout() {
  return <SettingsPages />;
}

export function SettingsSection() {
  return <OpenSection id={section.useParams().section} />;
}
