import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Blocks, BookOpen, Code, ExternalLink, QrCode, RefreshCw, Settings2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { withTexts } from "@/i18n/i18n";
import { Button, buttonClass, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Skeleton } from "@/ui/empty";
import { Switch } from "@/ui/switch";
import { Address } from "./address";
import { AppKeys } from "./app-keys";
import { McpCard } from "./mcp-card";
import { renewCode, talks } from "./site";
import { ToolCard } from "./tool-card";
import { useAppChange } from "./use-app-change";

const SiteDialog = lazy(() => import("./site-dialog"));
const EmbedDialog = lazy(() => import("./embed-dialog"));
const CustomizeDialog = lazy(() => import("./customize-dialog"));
const QrDialog = lazy(() => import("./qr-dialog"));
const Monitor = lazy(() => withTexts(["logs", "monitor"], import("@/features/monitor/monitor")));

type AppDetail = Schemas["AppDetail"];

interface OverviewPageProps {
  app: AppDetail;
  /** May switch the page and make keys. */
  editable: boolean;
  /** May switch the API and take keys away. */
  administers: boolean;
}

interface MonitoredPageProps extends OverviewPageProps {
  /** Begins with how to embed the chat. */
  embedding: boolean;
  /** Of the charts, as the address names it. */
  period: string | undefined;
  onPeriod: (period: string) => void;
}

/** Where an app can be used, its page for people, its API for programs and as a tool, and what happened there. */
export function OverviewPage({ app, editable, administers, embedding, period, onPeriod }: MonitoredPageProps) {
  const { t } = useTranslation();
  return (
    <div className="mx-auto flex w-full max-w-240 flex-col gap-4 p-4">
      {app.published_version_id === null && <p className="rounded-control bg-warn-soft px-3 py-2 text-warn">{t("publishing.notPublished")}</p>}
      <div className="grid gap-4 lg:grid-cols-2">
        <PageCard app={app} editable={editable} administers={administers} embedding={embedding} />
        <ApiCard app={app} editable={editable} administers={administers} />
        <McpCard app={app} editable={editable} />
        {app.mode === "workflow" && <ToolCard app={app} administers={administers} />}
      </div>
      <Suspense fallback={<Skeleton className="h-60 w-full" />}>
        <Monitor app={app} period={period} onPeriod={onPeriod} />
      </Suspense>
    </div>
  );
}

interface ServiceSwitchProps {
  published: boolean;
  on: boolean;
  disabled: boolean;
  onChange: (on: boolean) => void;
}

/** Whether a way to use the app is open, which none is before the app is published. */
function ServiceSwitch({ published, on, disabled, onChange }: ServiceSwitchProps) {
  const { t } = useTranslation();
  const label = published ? t(on ? "publishing.on" : "publishing.off") : t("publishing.publishFirst");
  return <Switch label={label} checked={on && published} disabled={disabled || !published} onChange={onChange} />;
}

/** A switch that turns at once, and back when the server refuses. */
function useSwitch(appId: string, before: boolean, send: (on: boolean) => Promise<unknown>): [boolean, (on: boolean) => void] {
  const change = useAppChange(appId);
  const [on, setOn] = useState(before);
  const turn = async (wanted: boolean) => {
    setOn(wanted);
    if (!(await change(send(wanted)))) setOn(!wanted);
  };
  return [on, (wanted) => void turn(wanted)];
}

/** What of the page is open. */
type Opened = "code" | "embed" | "customize" | "settings" | "renew" | null;

function PageCard({ app, editable, administers, embedding }: OverviewPageProps & { embedding: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [opened, setOpened] = useState<Opened>(embedding && talks(app.mode) ? "embed" : null);
  const close = () => setOpened(null);
  const url = app.site?.url ?? "";
  const [on, toggle] = useSwitch(app.id, app.enable_site, (enable_site) =>
    call(api.POST("/apps/{app_id}/site-enable", { params: { path: { app_id: app.id } }, body: { enable_site } })),
  );
  const published = app.published_version_id !== null;
  const ready = on && published && url !== "";
  const hint = ready ? undefined : t(published ? "publishing.enableFirst" : "publishing.publishFirst");
  return (
    <section aria-label={t("publishing.page")} className="flex min-w-0 flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <div className="flex items-center gap-2">
        <h2 className="flex-1 font-medium">{t("publishing.page")}</h2>
        <ServiceSwitch published={published} on={on} disabled={!editable} onChange={toggle} />
      </div>
      <p className="text-muted">{t("publishing.pageHint")}</p>
      {url !== "" && (
        <div className="flex items-center gap-1">
          <Address url={url} />
          {administers && (
            <IconButton label={t("publishing.renew")} onClick={() => setOpened("renew")}>
              <RefreshCw size={16} strokeWidth={1.5} />
            </IconButton>
          )}
        </div>
      )}
      <div className="flex flex-wrap gap-2">
        <Button size="small" icon={<ExternalLink size={14} strokeWidth={1.5} />} disabled={!ready} title={hint} onClick={() => window.open(url, "_blank", "noopener")}>
          {t("publishing.open")}
        </Button>
        <Button size="small" icon={<QrCode size={14} strokeWidth={1.5} />} disabled={!ready} title={hint} onClick={() => setOpened("code")}>
          {t("publishing.code")}
        </Button>
        {talks(app.mode) && (
          <Button size="small" icon={<Code size={14} strokeWidth={1.5} />} disabled={!ready} title={hint} onClick={() => setOpened("embed")}>
            {t("publishing.embed.open")}
          </Button>
        )}
        <Button size="small" icon={<Blocks size={14} strokeWidth={1.5} />} disabled={!ready} title={hint} onClick={() => setOpened("customize")}>
          {t("publishing.customize.open")}
        </Button>
        <Button size="small" icon={<Settings2 size={14} strokeWidth={1.5} />} disabled={!editable} onClick={() => setOpened("settings")}>
          {t("publishing.site.open")}
        </Button>
      </div>
      <Suspense>
        {opened === "code" && <QrDialog url={url} name={app.site?.title ?? app.name} onClose={close} />}
        {opened === "embed" && <EmbedDialog appId={app.id} onClose={close} />}
        {opened === "customize" && <CustomizeDialog appId={app.id} url={url} onClose={close} />}
        {opened === "settings" && <SiteDialog app={app} onClose={close} />}
      </Suspense>
      {opened === "renew" && (
        <ConfirmDialog
          title={t("publishing.renewTitle")}
          text={t("publishing.renewText")}
          action={t("publishing.renewAction")}
          onClose={close}
          onConfirm={() => renewCode(queries, app.id)}
        />
      )}
    </section>
  );
}

function ApiCard({ app, editable, administers }: OverviewPageProps) {
  const { t } = useTranslation();
  const [on, toggle] = useSwitch(app.id, app.enable_api, (enable_api) =>
    call(api.POST("/apps/{app_id}/api-enable", { params: { path: { app_id: app.id } }, body: { enable_api } })),
  );
  return (
    <section aria-label={t("publishing.api")} className="flex min-w-0 flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <div className="flex items-center gap-2">
        <h2 className="flex-1 font-medium">{t("publishing.api")}</h2>
        <ServiceSwitch published={app.published_version_id !== null} on={on} disabled={!administers} onChange={toggle} />
      </div>
      <p className="text-muted">{t("publishing.apiHint")}</p>
      <Address url={app.api_base_url} />
      <AppKeys appId={app.id} editable={editable} administers={administers} />
      <Link to="/app/$appId/develop" params={{ appId: app.id }} className={`${buttonClass("plain", "small")} self-start`}>
        <BookOpen size={14} strokeWidth={1.5} aria-hidden />
        {t("publish.reference")}
      </Link>
    </section>
  );
}
