import { useQuery } from "@tanstack/react-query";
import { Plus, Search, SearchX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AppMode } from "@/api/console";
import { useAppMaking } from "@/features/apps/app-writes";
import { pictureOf } from "@/features/apps/app-picture";
import { MODES } from "@/features/apps/modes";
import { looksOf } from "@/features/apps/looks";
import { LooksDialog } from "@/features/apps/looks-dialog";
import { useErrorText } from "@/i18n/errors";
import { AppIcon } from "@/ui/app-icon";
import { Button } from "@/ui/button";
import { Empty, Skeleton } from "@/ui/empty";
import { Select } from "@/ui/select";
import { tabClass } from "@/ui/tabs";
import { catalogueQuery, templateOf, type CatalogueApp } from "./explore-query";

/** What of the catalogue is shown. */
export interface CatalogueView {
  category: string | undefined;
  mode: AppMode | undefined;
  query: string;
}

interface CatalogueProps {
  view: CatalogueView;
  onView: (view: CatalogueView) => void;
  mayAdd: boolean;
  /** Typing searches at once. */
  autoFocus?: boolean;
}

/** The category of what the workspace offers itself. */
const OWN = "own" as const;

const GRID = "grid grid-cols-[repeat(auto-fill,minmax(240px,1fr))] gap-3";

/** Apps to begin with, by what they are for. */
export function Catalogue({ view, onView, mayAdd, autoFocus = false }: CatalogueProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const catalogue = useQuery(catalogueQuery);
  const { take } = useAppMaking();
  const [chosen, setChosen] = useState<CatalogueApp | null>(null);
  const apps = catalogue.data?.data ?? [];
  const words = view.query.trim().toLowerCase();
  const shown = apps.filter(
    (app) =>
      (view.category === undefined || (view.category === OWN ? app.own : app.categories.some((name) => name === view.category))) &&
      (view.mode === undefined || app.mode === view.mode) &&
      `${app.name}\n${app.description}`.toLowerCase().includes(words),
  );
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-x-4 gap-y-2 border-b border-line">
        <div role="group" aria-label={t("explore.categories")} className="-mb-px flex min-w-0 flex-1 gap-4 overflow-x-auto overflow-y-hidden">
          <button type="button" aria-pressed={view.category === undefined} onClick={() => onView({ ...view, category: undefined })} className={tabClass(view.category === undefined)}>
            {t("explore.all")}
          </button>
          {[...(apps.some((app) => app.own) ? [OWN] : []), ...(catalogue.data?.categories ?? [])].map((category) => (
            <button
              key={category}
              type="button"
              aria-pressed={view.category === category}
              onClick={() => onView({ ...view, category })}
              className={tabClass(view.category === category)}
            >
              {t(`explore.names.${category}`)}
            </button>
          ))}
        </div>
        <div className="flex items-center gap-2 pb-2 max-sm:w-full">
          <Select
            label={t("apps.kind")}
            className="max-w-40 min-w-34"
            value={view.mode ?? "all"}
            onChange={(mode) => onView({ ...view, mode: mode === "all" ? undefined : mode })}
            options={[{ value: "all", label: t("explore.allKinds") }, ...MODES.map((mode) => ({ value: mode, label: t(`apps.modes.${mode}`) }))]}
          />
          <label className="flex min-w-0 flex-1 items-center gap-2 rounded-control border border-line bg-raised px-2 focus-within:border-accent focus-within:outline-1 focus-within:outline-accent">
            <Search aria-hidden size={14} strokeWidth={1.5} className="shrink-0 text-muted" />
            <input
              type="search"
              autoFocus={autoFocus}
              aria-label={t("explore.search")}
              placeholder={t("explore.search")}
              className="h-7.5 w-44 min-w-0 flex-1 bg-transparent outline-none placeholder:text-muted/80 pointer-coarse:h-10"
              value={view.query}
              onChange={(event) => onView({ ...view, query: event.target.value })}
            />
          </label>
        </div>
      </div>
      {catalogue.error !== null && (
        <div role="alert" className="flex items-center gap-3 text-danger">
          {errorText(catalogue.error)}
          <Button onClick={() => void catalogue.refetch()}>{t("common.retry")}</Button>
        </div>
      )}
      {catalogue.isPending && (
        <div className={GRID}>
          {[1, 2, 3].map((n) => (
            <Skeleton key={n} className="h-40" />
          ))}
        </div>
      )}
      {catalogue.data !== undefined && shown.length === 0 && (
        <Empty
          icon={<SearchX size={28} strokeWidth={1.5} />}
          title={t("explore.nothing")}
          action={<Button onClick={() => onView({ category: undefined, mode: undefined, query: "" })}>{t("apps.clearFilters")}</Button>}
        />
      )}
      <ul className={GRID}>
        {shown.map((app) => (
          <li key={app.id} className="grid">
            <article className="flex flex-col rounded-card border border-line bg-surface p-4">
              <div className="flex items-center gap-3">
                <AppIcon name={app.name} icon={app.icon} background={app.icon_background} imageUrl={pictureOf(app)} />
                <div className="min-w-0">
                  <h3 className="truncate text-14 font-semibold" title={app.name}>
                    {app.name}
                  </h3>
                  <p className="text-12 text-muted">{t(`apps.modes.${app.mode}`)}</p>
                </div>
              </div>
              <p className="mt-2.5 line-clamp-3 min-h-15 text-muted" title={app.description}>
                {app.description}
              </p>
              {mayAdd && (
                <div className="mt-3">
                  <Button icon={<Plus size={14} strokeWidth={2} />} onClick={() => setChosen(app)}>
                    <span>
                      {t("explore.add")} <span className="sr-only">{app.name}</span>
                    </span>
                  </Button>
                </div>
              )}
            </article>
          </li>
        ))}
      </ul>
      {chosen !== null && (
        <LooksDialog
          onClose={() => setChosen(null)}
          title={t("explore.addNamed", { name: chosen.name })}
          action={t("explore.add")}
          looks={looksOf(chosen)}
          appId={chosen.own ? chosen.id : undefined}
          withDescription
          onSend={async (looks) => take({ mode: "yaml-content", yaml_content: await templateOf(chosen.id) }, looks)}
        />
      )}
    </div>
  );
}
