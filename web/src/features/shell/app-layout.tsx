import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { useAccount } from "@/features/account/account-context";
import { mayEdit } from "@/features/account/roles";
import { AppMenu, type MenuApp } from "@/features/apps/app-menu";
import { pictureOf } from "@/features/apps/app-picture";
import { AppIcon } from "@/ui/app-icon";
import { tabClass } from "@/ui/tabs";
import { AppSwitcher } from "./app-switcher";
import { PageBar } from "./page-bar";
import { tabsOf } from "./registry";

/** The tabs of an app, and the page of the one that is open. */
export function AppLayout({ app }: { app: Schemas["AppDetail"] }) {
  const { t } = useTranslation();
  const { role } = useAccount();
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <>
      <PageBar
        title={app.name}
        shown={
          <span className="flex min-w-0 items-center gap-2">
            <AppIcon name={app.name} icon={app.icon} background={app.icon_background} imageUrl={pictureOf(app)} size="small" />
            <h1 className="truncate">{app.name}</h1>
            <AppSwitcher current={app.id} />
            <AppMenu app={menuAppOf(app)} editable={mayEdit(role)} onDeleted={() => navigate({ to: "/apps" })} />
          </span>
        }
      />
      <nav
        aria-label={t("shell.appTabs")}
        className="flex shrink-0 gap-4 overflow-x-auto overflow-y-hidden border-b border-line px-4 empty:hidden"
      >
        {tabsOf(app.mode, role).map((tab) => {
          const to = `/app/${app.id}/${tab.path}`;
          const current = path === to || path.startsWith(`${to}/`);
          return (
            <Link key={tab.id} to={to} aria-current={current ? "page" : undefined} className={tabClass(current)}>
              {tab.label(t)}
            </Link>
          );
        })}
      </nav>
      <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
        <Outlet />
      </div>
    </>
  );
}

function menuAppOf(app: Schemas["AppDetail"]): MenuApp {
  const published = app.published_version_id !== null;
  return { ...app, published, page: published && app.enable_site ? (app.site?.url ?? null) : null };
}
