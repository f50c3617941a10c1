import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Activity, LayoutGrid, LogOut, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { consoleApi, type Account } from "@/api/console";
import { refreshSession } from "@/features/account/session";
import { PreferenceItems } from "@/features/webapp/preferences-menu";
import { useErrorText } from "@/i18n/errors";
import { Mark } from "@/ui/mark";
import { Menu, MenuItem, MenuLabel, MenuSeparator } from "@/ui/menu";
import { showToast } from "@/ui/toast";

interface ConsoleShellProps {
  account: Account;
  /** The path of names in the bar, the last one being this page. */
  title: ReactNode;
  children: ReactNode;
}

/** One thin rail and one thin bar; the page has the rest. On phones the rail lies at the bottom. */
export function ConsoleShell({ account, title, children }: ConsoleShellProps) {
  const { t } = useTranslation();
  return (
    <div className="grid h-dvh grid-rows-[44px_1fr_auto] bg-bg md:grid-cols-[48px_1fr] md:grid-rows-[44px_1fr]">
      <nav
        aria-label={t("apps.navigation")}
        className="z-20 order-last flex items-center gap-1 border-line bg-bg pb-[env(safe-area-inset-bottom)] max-md:justify-around max-md:border-t md:order-none md:row-span-2 md:flex-col md:border-r md:pt-2"
      >
        <Link to="/" aria-label="Treadle" className="mb-2 rounded-control max-md:hidden">
          <Mark className="size-7" />
        </Link>
        <RailLink to="/" icon={LayoutGrid} label={t("apps.title")} />
        <RailLink to="/logs" icon={Activity} label={t("runs.title")} />
      </nav>
      <header className="flex min-w-0 items-center gap-2 border-b border-line px-4">
        <div className="min-w-0 flex-1 truncate">{title}</div>
        <AccountMenu account={account} />
      </header>
      <main className="min-h-0 min-w-0 overflow-y-auto">{children}</main>
    </div>
  );
}

function RailLink({ to, icon: Icon, label }: { to: "/" | "/logs"; icon: LucideIcon; label: string }) {
  return (
    <Link
      to={to}
      aria-label={label}
      title={label}
      activeOptions={{ exact: to === "/", includeSearch: false }}
      activeProps={{ className: "bg-accent-soft text-accent" }}
      inactiveProps={{ className: "text-muted hover:bg-sunken hover:text-text" }}
      className="inline-flex size-9 items-center justify-center rounded-control max-md:my-1 max-md:h-10 max-md:w-20"
    >
      <Icon size={18} strokeWidth={1.5} />
    </Link>
  );
}

function AccountMenu({ account }: { account: Account }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const signOut = async () => {
    try {
      await consoleApi.signOut();
      await refreshSession(queries);
      await navigate({ to: "/signin" });
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={t("account.menu", { name: account.name })}
          title={account.name}
          className="relative inline-flex size-7 items-center justify-center rounded-full bg-accent-soft text-12 font-semibold text-accent after:absolute after:-inset-2"
        >
          {account.name.slice(0, 1).toUpperCase()}
        </button>
      }
    >
      <MenuLabel>
        <span className="block font-medium text-text">{account.name}</span>
        {account.email}
      </MenuLabel>
      <MenuSeparator />
      <PreferenceItems />
      <MenuSeparator />
      <MenuItem icon={<LogOut size={16} strokeWidth={1.5} />} onSelect={() => void signOut()}>
        {t("account.signOut")}
      </MenuItem>
    </Menu>
  );
}
