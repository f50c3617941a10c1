import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { mayEdit } from "@/features/account/roles";
import { appQuery } from "@/features/apps/apps-query";
import { OverviewPage } from "@/features/publish/overview-page";

const overview = getRouteApi("/console/app/$appId/overview");

export function OverviewRoute() {
  const { account, app: found } = overview.useRouteContext();
  const { data: app = found } = useQuery(appQuery(found.id));
  const { period, show } = overview.useSearch();
  const navigate = overview.useNavigate();
  const onPeriod = (next: string) => void navigate({ search: { period: next }, replace: true, resetScroll: false });
  const administers = account.role === "owner" || account.role === "admin";
  return (
    <OverviewPage
      key={app.id}
      app={app}
      editable={mayEdit(account.role)}
      administers={administers}
      embedding={show === "embed"}
      period={period}
      onPeriod={onPeriod}
    />
  );
}
