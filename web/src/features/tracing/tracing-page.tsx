import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ExternalLink, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Switch } from "@/ui/switch";
import { Time } from "@/ui/time";
import { showToast } from "@/ui/toast";
import { ProviderDialog } from "./provider-dialog";
import { PROVIDER_TITLES, tracingQuery, type TracingProvider, type TracingState } from "./tracing-query";

interface TracingProps {
  appId: string;
  /** May change anything; others only look. */
  administers: boolean;
}

/** Where the runs of an app are sent to, and how that goes. */
export function TracingPage({ appId, administers }: TracingProps) {
  const errorText = useErrorText();
  const { data: state, error } = useQuery(tracingQuery(appId));
  if (error !== null) return <p className="p-4 text-danger">{errorText(error)}</p>;
  if (state === undefined) return null;
  return (
    <div className="mx-auto flex w-full max-w-200 flex-col gap-4 p-4">
      <StateCard appId={appId} administers={administers} state={state} />
      <ProviderList appId={appId} administers={administers} state={state} />
    </div>
  );
}

/** Changes tracing, and reads it anew. */
function useChange(appId: string): (work: Promise<unknown>) => Promise<void> {
  const queries = useQueryClient();
  const errorText = useErrorText();
  return async (work) => {
    try {
      await work;
    } catch (error) {
      showToast("danger", errorText(error));
    }
    await queries.invalidateQueries({ queryKey: tracingQuery(appId).queryKey });
  };
}

function StateCard({ appId, administers, state }: TracingProps & { state: TracingState }) {
  const { t } = useTranslation();
  const change = useChange(appId);
  const toggle = (enabled: boolean) => void change(call(api.POST("/apps/{app_id}/trace", { params: { path: { app_id: appId } }, body: { enabled } })));
  const figures = [
    [t("tracing.sent"), state.sent],
    [t("tracing.waiting"), state.waiting],
    [t("tracing.failures"), state.failures],
    [t("tracing.missed"), state.missed],
  ] as const;
  return (
    <section aria-label={t("tracing.title")} className="flex flex-col gap-3 rounded-card border border-line bg-surface p-4">
      <div className="flex items-center gap-2">
        <h2 className="flex-1 font-medium">{t("tracing.title")}</h2>
        <Switch label={t(state.enabled ? "tracing.on" : "tracing.off")} checked={state.enabled} disabled={!administers || state.configured.length === 0} onChange={toggle} />
      </div>
      <p className="text-muted">{t("tracing.hint")}</p>
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
        {figures.map(([label, value]) => (
          <div key={label}>
            <dt className="text-12 text-muted">{label}</dt>
            <dd className="text-16 tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      {state.last_sent_at !== null && <p className="text-12 text-muted">{t("tracing.lastSent")} <Time at={state.last_sent_at} /></p>}
      {state.last_error !== null && state.last_error_at !== null && (
        <p role="status" className="rounded-control bg-danger-soft px-3 py-2 break-words text-danger">
          <Time at={state.last_error_at} />: {state.last_error}
        </p>
      )}
    </section>
  );
}

function ProviderList({ appId, administers, state }: TracingProps & { state: TracingState }) {
  const { t } = useTranslation();
  return (
    <section aria-label={t("tracing.services")} className="rounded-card border border-line bg-surface">
      <h2 className="px-4 pt-4 pb-2 font-medium">{t("tracing.services")}</h2>
      <ul className="divide-y divide-line">
        {state.providers.map((provider) => (
          <ProviderRow key={provider.name} appId={appId} administers={administers} state={state} provider={provider} />
        ))}
      </ul>
    </section>
  );
}

function ProviderRow({ appId, administers, state, provider }: TracingProps & { state: TracingState; provider: TracingProvider }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const change = useChange(appId);
  const [open, setOpen] = useState<"form" | "remove" | null>(null);
  const path = { app_id: appId };
  const title = PROVIDER_TITLES[provider.name] ?? provider.name;
  const configured = state.configured.find((each) => each.tracing_provider === provider.name);
  const inUse = state.tracing_provider === provider.name;
  const use = () =>
    void change(call(api.POST("/apps/{app_id}/trace", { params: { path }, body: { enabled: true, tracing_provider: provider.name } })));
  const remove = async () => {
    await call(api.DELETE("/apps/{app_id}/trace-config", { params: { path, query: { tracing_provider: provider.name } } }));
    await queries.invalidateQueries({ queryKey: tracingQuery(appId).queryKey });
  };
  return (
    <li className="flex flex-wrap items-center gap-2 px-4 py-3">
      <div className="flex min-w-40 flex-1 flex-col max-sm:basis-full gap-0.5">
        <span className="flex items-center gap-2 font-medium">
          {title}
          {inUse && <Badge tone={state.enabled ? "ok" : "plain"}>{t("tracing.inUse")}</Badge>}
        </span>
        <span className="text-12 text-muted">{t(`tracing.about.${provider.name}` as "tracing.about.otlp")}</span>
      </div>
      {configured !== undefined && configured.project_url !== "" && (
        <a className="inline-flex items-center gap-1 text-accent" href={configured.project_url} target="_blank" rel="noreferrer">
          <ExternalLink size={14} strokeWidth={1.5} aria-hidden />
          {t("tracing.project")}
        </a>
      )}
      {administers && configured !== undefined && !inUse && (
        <Button size="small" aria-label={t("tracing.useNamed", { name: title })} onClick={use}>
          {t("tracing.use")}
        </Button>
      )}
      {administers && (
        <Button size="small" aria-label={t(configured === undefined ? "tracing.setUpNamed" : "tracing.editNamed", { name: title })} onClick={() => setOpen("form")}>
          {t(configured === undefined ? "tracing.setUp" : "tracing.edit")}
        </Button>
      )}
      {administers && configured !== undefined && (
        <IconButton label={t("tracing.removeNamed", { name: title })} onClick={() => setOpen("remove")}>
          <Trash2 size={16} strokeWidth={1.5} />
        </IconButton>
      )}
      {open === "form" && <ProviderDialog appId={appId} provider={provider} title={title} configured={configured} onClose={() => setOpen(null)} />}
      {open === "remove" && (
        <ConfirmDialog
          title={t("tracing.removeNamed", { name: title })}
          text={t(inUse ? "tracing.removeInUse" : "tracing.removeText")}
          action={t("tracing.remove")}
          onClose={() => setOpen(null)}
          onConfirm={remove}
        />
      )}
    </li>
  );
}
