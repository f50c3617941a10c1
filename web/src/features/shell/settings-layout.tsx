import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { createElement, Suspense, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "@/features/account/account-context";
import { Skeleton } from "@/ui/empty";
import { PageBar } from "./page-bar";
import { settingsSections } from "./registry";

/** The sections at the left, above the page on phones; the open one beside them. */
export function SettingsLayout() {
  const { t } = useTranslation();
  const { role } = useAccount();
  const sections = settingsSections(role);
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pathname]);
  return (
    <div className="flex min-h-0 flex-1 flex-col md:flex-row">
      <PageBar title={t("shell.settings")} />
      <nav
        ref={nav}
        aria-label={t("shell.settingsSections")}
        className="flex shrink-0 gap-1 overflow-x-auto border-line p-2 max-md:border-b md:w-56 md:flex-col md:overflow-y-auto md:border-r md:p-3"
      >
        {sections.map((section, index) => {
          const { id, icon: Icon, group, label } = section;
          return (
            <div key={id} className="contents">
              {group !== sections[index - 1]?.group && (
                <h2 className="px-2 pt-3 pb-1 text-12 font-medium text-muted first:pt-0 max-md:hidden">{t(`shell.settingsGroups.${group}`)}</h2>
              )}
              <Link
                to="/settings/$section"
                params={{ section: id }}
                activeProps={{ className: "bg-accent-soft text-accent font-medium" }}
                inactiveProps={{ className: "hover:bg-sunken" }}
                className="flex h-8 shrink-0 items-center gap-2 rounded-control px-2 whitespace-nowrap pointer-coarse:h-10"
              >
                <Icon size={16} strokeWidth={1.5} className="shrink-0" />
                {label(t)}
              </Link>
            </div>
          );
        })}
      </nav>
      <div className="min-h-0 min-w-0 flex-1 overflow-y-auto">
        <Outlet />
      </div>
    </div>
  );
}

/** One section, loaded when it is opened. */
export function OpenSection({ id }: { id: string }) {
  const { t } = useTranslation();
  const { role } = useAccount();
  const section = settingsSections(role).find((each) => each.id === id);
  if (section === undefined) return null;
  const label = section.label(t);
  return (
    <section aria-label={label} className="mx-auto w-full max-w-200 p-4 md:p-8">
      <h2 className="mb-6 text-20 font-semibold">{label}</h2>
      <Suspense fallback={<Skeleton className="h-60 w-full" />}>
        {createElement(section.Page)}
      </Suspense>
    </section>
  );
}
