import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Check, LayoutGrid, Plus, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "@/features/account/account-context";
import { mayEdit } from "@/features/account/roles";
import { pictureOf } from "@/features/apps/app-picture";
import { appListQuery } from "@/features/apps/apps-query";
import { useErrorText } from "@/i18n/errors";
import { AppIcon } from "@/ui/app-icon";
import { Button } from "@/ui/button";
import { Spinner } from "@/ui/spinner";

const LINK = "flex min-h-8 items-center gap-2 rounded-control px-2 hover:bg-text/8 pointer-coarse:min-h-10";

/** The apps changed last, searched by typing, and the ways to all of them and to a new one. */
export default function AppChoice({ current, onDone }: { current: string; onDone: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { role } = useAccount();
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const list = useInfiniteQuery(appListQuery({ name: useDeferredValue(query.trim()) }));
  const apps = list.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Command label={t("shell.switchApp")} shouldFilter={false} loop className="flex max-h-110 flex-col">
      <div className="flex items-center gap-2 border-b border-line px-3">
        {list.isFetching ? <Spinner className="text-muted" /> : <Search aria-hidden size={16} strokeWidth={1.5} className="text-muted" />}
        <Command.Input
          autoFocus
          value={query}
          onValueChange={setQuery}
          placeholder={t("apps.switcher.search")}
          className="h-9 min-w-0 flex-1 bg-transparent outline-none placeholder:text-muted/80"
        />
      </div>
      <Command.List className="min-h-0 flex-1 overflow-y-auto p-1">
        {list.error !== null && (
          <p role="alert" className="px-2 py-4 text-danger">
            {errorText(list.error)}
          </p>
        )}
        {list.isSuccess && <Command.Empty className="px-2 py-5 text-center text-muted">{t("common.nothingFound")}</Command.Empty>}
        {apps.map((app) => (
          <Command.Item
            key={app.id}
            value={app.id}
            onSelect={() => {
              onDone();
              void navigate({ to: "/app/$appId", params: { appId: app.id } });
            }}
            className="flex min-h-9 cursor-pointer items-center gap-2 rounded-control px-2 select-none data-[selected=true]:bg-text/8 pointer-coarse:min-h-10"
          >
            <AppIcon name={app.name} icon={app.icon} background={app.icon_background} imageUrl={pictureOf(app)} size="small" />
            <span className="min-w-0 flex-1 truncate">{app.name}</span>
            {app.id === current ? (
              <Check role="img" aria-label={t("common.chosen")} size={16} strokeWidth={1.5} className="shrink-0 text-accent" />
            ) : (
              <span className="shrink-0 text-12 text-muted">{t(`apps.modes.${app.mode}`)}</span>
            )}
          </Command.Item>
        ))}
        {list.hasNextPage && (
          <Button variant="quiet" busy={list.isFetchingNextPage} className="w-full" onClick={() => void list.fetchNextPage()}>
            {t("common.loadMore")}
          </Button>
        )}
      </Command.List>
      <div className="border-t border-line p-1">
        {mayEdit(role) && (
          <Link to="/apps" search={{ create: "blank" }} onClick={onDone} className={LINK}>
            <Plus aria-hidden size={16} strokeWidth={1.5} className="text-muted" />
            {t("apps.switcher.create")}
          </Link>
        )}
        <Link to="/apps" onClick={onDone} className={LINK}>
          <LayoutGrid aria-hidden size={16} strokeWidth={1.5} className="text-muted" />
          {t("shell.allApps")}
        </Link>
      </div>
    </Command>
  );
}
