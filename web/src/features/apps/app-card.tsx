import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { App } from "@/api/console";
import { AppTags } from "@/features/tags/tag-popover";
import { AppIcon } from "@/ui/app-icon";
import { Time } from "@/ui/time";
import { webAppPath } from "./app-links";
import { AppMenu } from "./app-menu";
import { pictureOf } from "./app-picture";

/** An app of the studio: a click opens it, its menu does the rest. */
export function AppCard({ app, editable }: { app: App; editable: boolean }) {
  const { t } = useTranslation();
  return (
    <article className="group relative flex h-full flex-col rounded-card border border-line bg-surface p-4 pb-2 transition-colors hover:border-line-strong">
      <div className="flex items-start gap-3">
        <AppIcon name={app.name} icon={app.icon} background={app.icon_background} imageUrl={pictureOf(app)} />
        <div className="min-w-0 flex-1">
          <h2 className="truncate text-14 font-semibold">
            <Link
              to="/app/$appId"
              params={{ appId: app.id }}
              title={app.name}
              className="rounded-sm after:absolute after:inset-0 after:rounded-card focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-accent"
            >
              {app.name}
            </Link>
          </h2>
          <p className="truncate text-12 text-muted">
            {t(`apps.modes.${app.mode}`)}
            {!app.published && ` · ${t("apps.notPublished")}`}
          </p>
        </div>
        <div className="relative -mt-1 -mr-2">
          <AppMenu app={{ ...app, page: webAppPath(app) }} editable={editable} />
        </div>
      </div>
      <p className="mt-2.5 line-clamp-3 text-muted" title={app.description}>
        {app.description}
      </p>
      <div className="mt-auto flex items-center justify-between gap-3">
        <div className="relative -ml-1.5 min-w-0">
          <AppTags app={app} editable={editable} />
        </div>
        <span className="shrink-0 truncate py-1.5 text-12 text-muted" title={app.created_by === null ? undefined : t("apps.madeBy", { name: app.created_by })}>
          <Time at={app.updated_at} />
        </span>
      </div>
    </article>
  );
}
