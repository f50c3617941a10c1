import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowUpRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { App } from "@/api/console";
import { PreferencesMenu } from "@/features/webapp/preferences-menu";
import { useErrorText } from "@/i18n/errors";
import { AppIcon } from "@/ui/app-icon";
import { Button, buttonClass } from "@/ui/button";
import { Skeleton } from "@/ui/empty";
import { Mark } from "@/ui/mark";
import { webAppPath } from "./app-links";
import { appsQuery } from "./apps-query";

const GRID = "grid grid-cols-[repeat(auto-fill,minmax(260px,1fr))] gap-4";

/** Before anybody has an account: examples to try at once, and the way to the first account. */
export function FirstPage() {
  const { t } = useTranslation();
  return (
    <div className="min-h-dvh bg-bg">
      <header className="mx-auto flex h-14 max-w-300 items-center gap-2.5 px-4 md:px-6">
        <Mark className="size-7" />
        <span className="text-14 font-semibold">Treadle</span>
        <span className="flex-1" />
        <PreferencesMenu />
        <Link to="/setup" className={buttonClass("plain")}>
          {t("account.setup")}
        </Link>
      </header>
      <main className="mx-auto max-w-300 px-4 pt-6 pb-16 md:px-6 md:pt-12">
        <h1 className="text-28 font-semibold tracking-[-0.01em]">{t("apps.welcome")}</h1>
        <p className="mt-2 mb-8 max-w-150 text-16 text-muted">{t("apps.welcomeText")}</p>
        <Examples />
      </main>
    </div>
  );
}

function Examples() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const apps = useQuery(appsQuery);
  if (apps.isPending) {
    return (
      <div className={GRID}>
        {[1, 2, 3, 4].map((n) => (
          <Skeleton key={n} className="h-45" />
        ))}
      </div>
    );
  }
  if (apps.error !== null) {
    return (
      <div role="alert" className="flex items-center gap-3 text-danger">
        {errorText(apps.error)}
        <Button onClick={() => void apps.refetch()}>{t("common.retry")}</Button>
      </div>
    );
  }
  return (
    <ul className={GRID}>
      {apps.data.map((app) => (
        <li key={app.id} className="grid">
          <Example app={app} />
        </li>
      ))}
    </ul>
  );
}

function Example({ app }: { app: App }) {
  const { t } = useTranslation();
  const path = webAppPath(app);
  return (
    <article className="flex flex-col rounded-card border border-line bg-surface p-4">
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
      {path !== null && (
        <div className="mt-4">
          <a href={path} className={buttonClass("primary")}>
            {t("apps.open")}
            <ArrowUpRight size={14} strokeWidth={2} />
          </a>
        </div>
      )}
    </article>
  );
}
