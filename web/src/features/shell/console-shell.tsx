import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { AccountContext } from "@/features/account/account-context";
import { usePreferences } from "@/features/account/use-preferences";
import type { Account } from "@/api/console";
import { CommandDispatcher } from "@/features/commands/dispatcher";
import { openPalette } from "@/features/commands/palette-state";
import { WorkspaceSwitcher } from "@/features/members/workspace-switcher";
import { IconButton } from "@/ui/button";
import { Mark } from "@/ui/mark";
import { shortcutText } from "@/ui/shortcut";
import { Tooltip } from "@/ui/tooltip";
import { AccountMenu } from "./account-menu";
import { BarPlaces } from "./page-bar";
import { railEntries, type RailEntry } from "./registry";
import { ThemeMenu } from "./theme-menu";

/** One thin rail and one thin bar; the page has the rest. On phones the rail lies at the bottom. */
export function ConsoleShell({ account }: { account: Account }) {
  const { t } = useTranslation();
  usePreferences();
  const [way, setWay] = useState<HTMLElement | null>(null);
  const [actions, setActions] = useState<HTMLElement | null>(null);
  return (
    <AccountContext value={account}>
      <BarPlaces value={{ way, actions }}>
        <div className="grid h-dvh grid-rows-[44px_1fr_auto] bg-bg md:grid-cols-[48px_1fr] md:grid-rows-[44px_1fr]">
          <nav
            aria-label={t("shell.navigation")}
            className="z-20 order-last flex items-center gap-1 border-line bg-bg pb-[env(safe-area-inset-bottom)] max-md:justify-around max-md:overflow-x-auto max-md:border-t md:order-none md:row-span-2 md:flex-col md:border-r md:pt-2 md:pb-2"
          >
            <Link to="/" aria-label="Treadle" className="mb-2 rounded-control max-md:hidden">
              <Mark className="size-7" />
            </Link>
            {railEntries(account.role).map((entry) => (
              <RailLink key={entry.id} entry={entry} />
            ))}
          </nav>
          <header className="flex min-w-0 items-center gap-2 border-b border-line pr-3 pl-4">
            <WorkspaceSwitcher />
            <span aria-hidden className="text-muted max-md:hidden">
              /
            </span>
            <div ref={setWay} className="min-w-0 flex-1" />
            <div ref={setActions} className="flex shrink-0 items-center gap-1.5" />
            <button
              type="button"
              onClick={openPalette}
              className="flex h-7 items-center gap-2 rounded-control border border-line bg-surface pr-2 pl-2 text-12 text-muted hover:border-line-strong max-md:hidden"
            >
              <Search size={14} strokeWidth={1.5} />
              <span className="max-lg:sr-only">{t("common.search")}</span>{" "}
              <kbd className="font-sans">{shortcutText("mod+k")}</kbd>
            </button>
            <IconButton label={t("commands.open")} className="md:hidden" onClick={openPalette}>
              <Search size={16} strokeWidth={1.5} />
            </IconButton>
            <ThemeMenu />
            <AccountMenu account={account} />
          </header>
          <main className="flex min-h-0 min-w-0 flex-col overflow-y-auto">
            <Outlet />
          </main>
        </div>
        <CommandDispatcher />
      </BarPlaces>
    </AccountContext>
  );
}

function RailLink({ entry }: { entry: RailEntry }) {
  const { t } = useTranslation();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const { icon: Icon, to } = entry;
  const label = entry.label(t);
  const current = path === to || path.startsWith(`${to}/`) || (entry.also?.some((prefix) => path.startsWith(prefix)) ?? false);
  return (
    <Tooltip text={label} side="right">
      <Link
        to={to}
        aria-label={label}
        aria-describedby={undefined}
        aria-current={current ? "page" : undefined}
        className={`inline-flex size-9 items-center justify-center rounded-control max-md:my-1 max-md:h-10 max-md:w-16 max-md:min-w-11 md:shrink-0 ${
          current ? "bg-accent-soft text-accent" : "text-muted hover:bg-sunken hover:text-text"
        }`}
      >
        <Icon size={18} strokeWidth={1.5} />
      </Link>
    </Tooltip>
  );
}
