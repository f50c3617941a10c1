import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { isApiError } from "@/api/http";
import type { JsonObject } from "@/api/json";
import type { FormItem } from "@/api/webapp-types";
import { fieldsOf } from "@/features/input-form/fields";
import { Address } from "@/features/publish/address";
import { AppKeys } from "@/features/publish/app-keys";
import { Segmented } from "@/ui/segmented";
import { TextInput } from "@/ui/field";
import { EndpointSection } from "./endpoint-section";
import { groupsOf } from "./endpoints";
import { exampleInputs, type Facts } from "./facts";
import { LANGUAGES, type SampleLanguage } from "./samples";
import { CodesTable, EventsTable } from "./tables";
import { useMatching } from "./use-matching";

interface ReferencePageProps {
  app: Schemas["AppDetail"];
  /** May make keys. */
  editable: boolean;
  /** May take keys away. */
  administers: boolean;
}

const LANGUAGE_NAMES: Record<SampleLanguage, string> = { curl: "curl", python: "Python", javascript: "JavaScript" };

/** How programs call one app: its address and keys, every endpoint of its mode with examples for it, errors and events. */
export function ReferencePage({ app, editable, administers }: ReferencePageProps) {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  const [language, setLanguage] = useState<SampleLanguage>("curl");
  const { data: parameters } = useQuery(parametersQuery(app.id));
  const facts = useMemo(() => factsOf(app, parameters ?? null), [app, parameters]);
  const matching = useMatching(app.mode, query);
  const groups = groupsOf(app.mode)
    .map((group) => ({ ...group, endpoints: group.endpoints.filter(matching.endpoint) }))
    .filter(({ endpoints }) => endpoints.length > 0);
  const nothing = groups.length === 0 && matching.codes.length === 0 && matching.events.length === 0;
  return (
    <div className="mx-auto flex w-full max-w-300 items-start gap-8 p-4">
      <nav aria-label={t("apiReference.contents")} className="sticky top-4 flex max-h-[calc(100dvh-7rem)] w-56 shrink-0 flex-col gap-3 overflow-y-auto max-lg:hidden">
        {groups.map((group) => (
          <div key={group.id}>
            <p className="text-12 font-medium text-muted">{t(`apiReference.groups.${group.id}`)}</p>
            <ul>
              {group.endpoints.map(({ id }) => (
                <Entry key={id} to={id} label={t(`apiReference.endpoints.${id}.title`)} />
              ))}
            </ul>
          </div>
        ))}
        <ul>
          {matching.events.length > 0 && <Entry to="events" label={t("apiReference.eventsTitle")} />}
          {matching.codes.length > 0 && <Entry to="errors" label={t("apiReference.errors")} />}
        </ul>
      </nav>
      <div className="flex min-w-0 flex-1 flex-col gap-6">
        <Introduction app={app} editable={editable} administers={administers} />
        <div className="sticky top-0 z-20 -mx-1 flex flex-wrap items-center gap-2 bg-bg px-1 py-2">
          <TextInput
            type="search"
            aria-label={t("apiReference.search")}
            placeholder={t("apiReference.search")}
            className="min-w-40 max-w-90 flex-1"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
          <Segmented
            label={t("apiReference.language")}
            value={language}
            onChange={setLanguage}
            options={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
            className="self-auto!"
          />
        </div>
        {nothing && (
          <p role="status" className="py-12 text-center text-muted">
            {t("apiReference.none", { query: query.trim() })}
          </p>
        )}
        {groups.map((group) => (
          <section key={group.id} aria-labelledby={`group-${group.id}`} className="flex flex-col gap-4">
            <h2 id={`group-${group.id}`} className="text-16 font-semibold">
              {t(`apiReference.groups.${group.id}`)}
            </h2>
            {group.endpoints.map((endpoint) => (
              <EndpointSection key={endpoint.id} endpoint={endpoint} facts={facts} language={language} />
            ))}
          </section>
        ))}
        {matching.events.length > 0 && <EventsTable names={matching.events} />}
        {matching.codes.length > 0 && <CodesTable codes={matching.codes} />}
      </div>
    </div>
  );
}

function Entry({ to, label }: { to: string; label: string }) {
  return (
    <li>
      <a href={`#${to}`} className="block rounded-sm py-1 hover:text-accent">
        {label}
      </a>
    </li>
  );
}

function Introduction({ app, editable, administers }: ReferencePageProps) {
  const { t } = useTranslation();
  return (
    <header className="flex flex-col gap-3">
      <h2 className="text-20 font-semibold">{t("apiReference.title")}</h2>
      <p className="max-w-180">{t("apiReference.intro", { name: app.name })}</p>
      {app.published_version_id === null && <p className="rounded-control bg-warn-soft px-3 py-2 text-warn">{t("apiReference.notPublished")}</p>}
      {!app.enable_api && <p className="rounded-control bg-warn-soft px-3 py-2 text-warn">{t("apiReference.off")}</p>}
      <div className="grid gap-4 md:grid-cols-2">
        <section aria-label={t("apiReference.base")} className="flex min-w-0 flex-col gap-3 rounded-card border border-line bg-surface p-4">
          <h2 className="font-medium">{t("apiReference.base")}</h2>
          <Address url={app.api_base_url} />
          <Address url="Authorization: Bearer YOUR_API_KEY" />
          <p className="text-muted">{t("apiReference.facts", { user: "“user”" })}</p>
        </section>
        <section aria-label={t("apiReference.keys")} className="flex min-w-0 flex-col gap-3 rounded-card border border-line bg-surface p-4">
          <h2 className="font-medium">{t("apiReference.keys")}</h2>
          <p className="text-muted">{t("apiReference.keysHint")}</p>
          <AppKeys appId={app.id} editable={editable} administers={administers} />
        </section>
      </div>
    </header>
  );
}

function parametersQuery(appId: string) {
  return {
    queryKey: ["app-parameters", appId],
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<JsonObject | null> => {
      try {
        return (await call(api.GET("/apps/{app_id}/parameters", { params: { path: { app_id: appId } }, signal }))).data as JsonObject | null;
      } catch (error) {
        if (isApiError(error, 400)) return null;
        throw error;
      }
    },
  };
}

function factsOf(app: Schemas["AppDetail"], parameters: JsonObject | null): Facts {
  const form = (parameters?.user_input_form ?? []) as unknown as readonly FormItem[];
  return {
    base: app.api_base_url,
    name: app.name,
    description: app.description,
    mode: app.mode,
    streaming: app.mode === "agent-chat",
    fields: fieldsOf(form),
    inputs: exampleInputs(form),
    parameters,
  };
}
