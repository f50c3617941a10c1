import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pencil, Pin, PinOff, Unplug } from "lucide-react";
import { useMemo, type CSSProperties, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { isApiError } from "@/api/http";
import { WebAppClient } from "@/api/webapp";
import { useAccount } from "@/features/account/account-context";
import { mayEdit } from "@/features/account/roles";
import { pictureOf } from "@/features/apps/app-picture";
import { PageBar } from "@/features/shell/page-bar";
import { WebAppGate } from "@/features/webapp/webapp-gate";
import { useErrorText } from "@/i18n/errors";
import { AppIcon } from "@/ui/app-icon";
import { Button, buttonClass, IconButton } from "@/ui/button";
import { Empty, Skeleton } from "@/ui/empty";
import { ExploreFrame } from "./explore-frame";
import { installedQuery, type InstalledApp } from "./explore-query";
import { usePinning } from "./installed-list";

interface InstalledPageProps {
  appId: string;
  /** The page of the app, of its mode. */
  children: (app: InstalledApp) => ReactNode;
}

/** The page of an app within the console: it belongs there, and is as high as its place. */
const PLACE: CSSProperties & Record<`--${string}`, string> = { "--viewport-height": "100%", "--page-height": "100%" };

/** An app as people use it, inside the console and as oneself. */
export function InstalledPage({ appId, children }: InstalledPageProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const app = useQuery({
    queryKey: [...installedQuery.queryKey, appId],
    queryFn: ({ signal }) => call(api.GET("/installed-apps/{app_id}", { params: { path: { app_id: appId } }, signal })),
    staleTime: 10_000,
    retry: (failures, error) => isApiError(error, 0) && failures < 2,
  });
  const gone = isApiError(app.error, 404);
  return (
    <ExploreFrame current={appId}>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        {app.data !== undefined ? (
          <OpenApp key={appId} app={app.data}>
            {children(app.data)}
          </OpenApp>
        ) : app.error === null ? (
          <div className="p-6" aria-busy aria-label={t("common.loading")}>
            <Skeleton className="h-8 w-60" />
          </div>
        ) : (
          <Empty
            icon={<Unplug size={28} strokeWidth={1.5} />}
            title={gone ? t("explore.gone") : t("common.failed")}
            text={gone ? t("explore.goneText") : errorText(app.error)}
            action={
              gone ? (
                <Link to="/explore/apps" className={buttonClass("plain")}>
                  {t("explore.catalogue")}
                </Link>
              ) : (
                <Button onClick={() => void app.refetch()}>{t("common.retry")}</Button>
              )
            }
          />
        )}
      </div>
    </ExploreFrame>
  );
}

function OpenApp({ app, children }: { app: InstalledApp; children: ReactNode }) {
  const { t } = useTranslation();
  const { id: accountId, role } = useAccount();
  const client = useMemberClient(app.id, accountId);
  const pin = usePinning(app);
  const pinLabel = app.is_pinned ? t("explore.unpin") : t("explore.pin");
  return (
    <>
      <PageBar
        title={app.name}
        crumbs={[{ id: "explore", content: <Link to="/explore/apps">{t("shell.explore")}</Link> }]}
        shown={
          <span className="flex min-w-0 items-center gap-2">
            <AppIcon name={app.name} icon={app.icon} background={app.icon_background} imageUrl={pictureOf(app)} size="small" />
            <h1 className="truncate">{app.name}</h1>
          </span>
        }
        actions={
          <>
            <IconButton label={pinLabel} active={app.is_pinned} onClick={() => pin.mutate(!app.is_pinned)}>
              {app.is_pinned ? <PinOff size={16} strokeWidth={1.5} /> : <Pin size={16} strokeWidth={1.5} />}
            </IconButton>
            {mayEdit(role) && (
              <Link to="/app/$appId" params={{ appId: app.id }} aria-label={t("explore.build")} className={buttonClass("plain", "small")}>
                <Pencil size={14} strokeWidth={1.5} />
                <span className="max-md:hidden">{t("explore.build")}</span>
              </Link>
            )}
          </>
        }
      />
      <div className="min-h-0 flex-1 overflow-y-auto" style={PLACE}>
        <WebAppGate code={client.code} member={client}>
          {children}
        </WebAppGate>
      </div>
    </>
  );
}

/** Calls of an app's page with the member's own passport, which is renewed when it has run out. */
function useMemberClient(appId: string, accountId: string): WebAppClient {
  const queries = useQueryClient();
  return useMemo(() => {
    const kept = new Map<"token", string>();
    return new WebAppClient(`member.${accountId}.${appId}`, {
      kept: () => kept.get("token") ?? null,
      keep: (token) => kept.set("token", token),
      forget: () => kept.clear(),
      fetch: async () => {
        const passport = await call(api.POST("/installed-apps/{app_id}/passport", { params: { path: { app_id: appId } } }));
        // It is the app used last now.
        void queries.invalidateQueries({ queryKey: installedQuery.queryKey, exact: true });
        return passport.access_token;
      },
    });
  }, [appId, accountId, queries]);
}
