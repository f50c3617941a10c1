import { Link } from "@tanstack/react-router";
import { Activity, ArrowUpRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { App } from "@/api/console";
import { AppIcon } from "@/ui/app-icon";
import { buttonClass } from "@/ui/button";
import { webAppPath } from "./app-links";

/** An app with the way to its page and, for those who may see them, to its runs. */
export function AppCard({ app, withRuns }: { app: App; withRuns: boolean }) {
  const { t } = useTranslation();
  const path = webAppPath(app);
  return (
    <article className="flex flex-col rounded-card border border-line bg-surface p-4 transition-colors hover:border-line-strong">
      <div className="flex items-center gap-3">
        <AppIcon name={app.name} icon={app.icon} background={app.icon_background} />
        <div className="min-w-0">
          <h2 className="truncate text-14 font-semibold" title={app.name}>
            {app.name}
          </h2>
          <p className="text-12 text-muted">{t(`apps.modes.${app.mode}`)}</p>
        </div>
      </div>
      <p className="mt-3 line-clamp-3 min-h-15 text-muted">{app.description}</p>
      <div className="mt-4 flex items-center gap-2">
        {path === null ? (
          <span className="text-12 text-muted">{t("apps.notPublished")}</span>
        ) : (
          <a href={path} className={buttonClass(withRuns ? "plain" : "primary")}>
            {t("apps.open")}
            <ArrowUpRight size={14} strokeWidth={2} />
          </a>
        )}
        {withRuns && (
          <Link to="/logs" search={{ app: app.id }} className={buttonClass("quiet")}>
            <Activity size={14} strokeWidth={1.5} />
            {t("runs.title")}
          </Link>
        )}
      </div>
    </article>
  );
}
