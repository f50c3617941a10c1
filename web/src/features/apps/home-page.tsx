import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Blocks } from "lucide-react";
import { useTranslation } from "react-i18next";
import { PageBar } from "@/features/shell/page-bar";
import { PreferencesMenu } from "@/features/webapp/preferences-menu";
import { useErrorText } from "@/i18n/errors";
import { Button, buttonClass } from "@/ui/button";
import { Empty, Skeleton } from "@/ui/empty";
import { Mark } from "@/ui/mark";
import { AppCard } from "./app-card";
import { appsQuery } from "./apps-query";

/** The apps of the workspace. */
export function HomePage() {
  const { t } = useTranslation();
  return (
    <div className="mx-auto w-full max-w-300 p-4 md:p-6">
      <PageBar title={t("apps.title")} />
      <AppGrid withRuns />
    </div>
  );
}

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
        <AppGrid withRuns={false} />
      </main>
    </div>
  );
}

function AppGrid({ withRuns }: { withRuns: boolean }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const apps = useQuery(appsQuery);
  if (apps.isPending) {
    return (
      <div className="grid grid-cols-[repeat(auto-fill,minmax(260px,1fr))] gap-4">
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
  if (apps.data.length === 0) {
    return (
      <Empty
        icon={<Blocks size={28} strokeWidth={1.5} />}
        title={t("apps.none")}
        text={t("apps.noneText")}
        action={<code className="rounded-control bg-sunken px-2 py-1 font-mono text-12">treadle app import FILE --publish</code>}
      />
    );
  }
  return (
    <ul className="grid grid-cols-[repeat(auto-fill,minmax(260px,1fr))] gap-4">
      {apps.data.map((app) => (
        <li key={app.id} className="grid">
          <AppCard app={app} withRuns={withRuns} />
        </li>
      ))}
    </ul>
  );
}
