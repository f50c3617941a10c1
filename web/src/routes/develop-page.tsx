import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { mayAdminister, mayEdit } from "@/features/account/roles";
import { ReferencePage } from "@/features/api-reference/reference-page";
import { appQuery } from "@/features/apps/apps-query";

const develop = getRouteApi("/console/app/$appId/develop");

export function DevelopRoute() {
  const { account, app: found } = develop.useRouteContext();
  const { data: app = found } = useQuery(appQuery(found.id));
  return <ReferencePage key={app.id} app={app} editable={mayEdit(account.role)} administers={mayAdminister(account.role)} />;
}
