import clsx from "clsx";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { PreferencesMenu } from "@/features/webapp/preferences-menu";
import { SiteFooter } from "@/features/webapp/site-footer";
import { useWebApp } from "@/features/webapp/webapp-context";
import { AppIcon } from "@/ui/app-icon";
import { preloadMarkdown } from "@/ui/markdown/markdown";
import { RunBatch } from "./run-batch";
import { RunOnce } from "./run-once";
import { SavedList } from "./saved-list";
import { useSavedMessages } from "./use-saved";

export type GenerationTab = "once" | "batch" | "saved";

interface GenerationPageProps {
  kind: "completion" | "workflow";
  tab: GenerationTab;
  onTab: (tab: GenerationTab) => void;
}

/** The published text generator or workflow. */
export function GenerationPage({ kind, tab, onTab }: GenerationPageProps) {
  const { t } = useTranslation();
  const { site, inConsole } = useWebApp();
  const saved = useSavedMessages(kind === "completion");
  const count = saved.data?.pages.reduce((sum, page) => sum + page.data.length, 0) ?? 0;
  const tabs: { id: GenerationTab; label: string; count?: number }[] = [
    { id: "once", label: t("generate.runOnce") },
    { id: "batch", label: t("generate.runBatch") },
    ...(kind === "completion" ? [{ id: "saved" as const, label: t("generate.savedTab"), count }] : []),
  ];
  useEffect(preloadMarkdown, []);
  const Main = inConsole ? "section" : "main";

  return (
    <div className="flex min-h-(--page-height,100dvh) flex-col bg-bg lg:h-(--page-height,100dvh)">
      <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-3 border-b border-line px-4">
        <AppIcon name={site.title} icon={site.icon} background={site.icon_background} imageUrl={site.icon_url} size="small" />
        <h1 className="max-w-60 truncate font-semibold">{site.title}</h1>
        {site.description !== null && site.description !== "" && (
          <p className="min-w-0 flex-1 truncate text-muted max-md:hidden" title={site.description}>
            {site.description}
          </p>
        )}
        <div className="ml-auto md:order-last">
          {!inConsole && <PreferencesMenu />}
        </div>
        <div role="tablist" aria-label={site.title} className="-mb-px flex self-stretch max-md:order-last max-md:w-full">
          {tabs.map((entry) => (
            <button
              key={entry.id}
              type="button"
              role="tab"
              aria-selected={entry.id === tab}
              onClick={() => onTab(entry.id)}
              className={clsx(
                "min-h-11 border-b-2 px-3 font-medium",
                entry.id === tab ? "border-accent" : "border-transparent text-muted hover:text-text",
              )}
            >
              {entry.label}
              {entry.count !== undefined && entry.count > 0 && <span className="tabular ml-1.5 text-12 text-muted">{entry.count}</span>}
            </button>
          ))}
        </div>
      </header>
      <Main className="flex min-h-0 flex-1 flex-col">
        {/* A run goes on while another tab is looked at. */}
        <div className={tab === "once" ? "contents" : "hidden"}>
          <RunOnce kind={kind} />
        </div>
        <div className={tab === "batch" ? "contents" : "hidden"}>
          <RunBatch kind={kind} />
        </div>
        {tab === "saved" && (
          <div className="min-h-0 flex-1 overflow-y-auto bg-surface">
            <SavedList onRun={() => onTab("once")} />
          </div>
        )}
      </Main>
      <SiteFooter site={site} className="shrink-0 border-t border-line px-4 py-2" />
    </div>
  );
}
