import { getRouteApi } from "@tanstack/react-router";
import { mayEdit } from "@/features/account/roles";
import { ConfigurationPage } from "@/features/orchestration/configuration-page";

const configuration = getRouteApi("/console/app/$appId/configuration");

export function ConfigurationRoute() {
  const { account, app } = configuration.useRouteContext();
  return <ConfigurationPage key={app.id} app={app} editable={mayEdit(account.role)} />;
}
