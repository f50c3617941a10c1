import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Compass, MoreHorizontal, Pencil, Pin, PinOff, Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useAccount } from "@/features/account/account-context";
import { mayEdit } from "@/features/account/roles";
import { pictureOf } from "@/features/apps/app-picture";
import { useErrorText } from "@/i18n/errors";
import { AppIcon } from "@/ui/app-icon";
import { IconButton } from "@/ui/button";
import { Skeleton } from "@/ui/empty";
import { TextInput } from "@/ui/field";
import { Menu, MenuItem } from "@/ui/menu";
import { showToast } from "@/ui/toast";
import { installedQuery, type InstalledApp } from "./explore-query";

const ROW = "flex h-9 min-w-0 flex-1 items-center gap-2 rounded-control px-2 pointer-coarse:h-10";
const SIGN = { size: 16, strokeWidth: 1.5 };

/** The catalogue, and every app that can be used: pinned ones first, then those used last. */
export function InstalledList({ current }: { current?: string | undefined }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const installed = useQuery(installedQuery);
  const [words, setWords] = useState("");
  const wanted = words.trim().toLowerCase();
  const found = installed.data?.filter((app) => app.name.toLowerCase().includes(wanted)) ?? [];
  return (
    <nav
      aria-label={t("shell.explore")}
      className="flex shrink-0 gap-1 overflow-x-auto border-line p-2 max-md:border-b md:w-60 md:flex-col md:overflow-y-auto md:border-r md:p-3"
    >
      <Link
        to="/explore/apps"
        aria-current={current === undefined ? "page" : undefined}
        className={`${ROW} max-w-full flex-none ${current === undefined ? "bg-accent-soft font-medium text-accent" : "hover:bg-sunken"}`}
      >
        <Compass {...SIGN} className="shrink-0" />
        <span className="truncate">{t("explore.catalogue")}</span>
      </Link>
      {installed.isPending && <Skeleton className="mt-3 h-9 w-full max-md:hidden" />}
      {installed.error !== null && (
        <p role="alert" className="px-2 py-2 text-danger">
          {errorText(installed.error)}
        </p>
      )}
      {installed.data?.length === 0 && <p className="px-2 py-3 text-muted max-md:hidden">{t("explore.noneInstalled")}</p>}
      {installed.data !== undefined && installed.data.length > 0 && (
        <div className="relative shrink-0 max-md:w-44 md:mt-2">
          <Search aria-hidden size={14} strokeWidth={1.5} className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-muted" />
          <TextInput
            type="search"
            aria-label={t("explore.searchInstalled")}
            placeholder={t("explore.searchInstalled")}
            className="pl-8"
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
        </div>
      )}
      {wanted !== "" && found.length === 0 && (
        <p role="status" className="px-2 py-3 text-muted max-md:shrink-0">
          {t("explore.noneFound")}
        </p>
      )}
      <Section title={t("explore.pinned")} apps={found.filter((app) => app.is_pinned)} current={current} />
      <Section title={t("explore.recent")} apps={found.filter((app) => !app.is_pinned)} current={current} />
    </nav>
  );
}

function Section({ title, apps, current }: { title: string; apps: readonly InstalledApp[]; current: string | undefined }) {
  if (apps.length === 0) return null;
  return (
    <section aria-label={title} className="max-md:contents">
      <h2 className="px-2 pt-3 pb-1 text-12 font-medium text-muted max-md:hidden">{title}</h2>
      <ul className="max-md:flex max-md:gap-1">
        {apps.map((app) => (
          <InstalledRow key={app.id} app={app} current={app.id === current} />
        ))}
      </ul>
    </section>
  );
}

function InstalledRow({ app, current }: { app: InstalledApp; current: boolean }) {
  const { t } = useTranslation();
  const { role } = useAccount();
  const navigate = useNavigate();
  const pin = usePinning(app);
  return (
    <li className={`group relative flex max-w-full items-center rounded-control max-md:max-w-44 max-md:shrink-0 ${current ? "bg-accent-soft text-accent" : "hover:bg-sunken"}`}>
      <Link
        to="/explore/installed/$appId"
        params={{ appId: app.id }}
        aria-current={current ? "page" : undefined}
        title={app.name}
        className={`${ROW} pr-8 max-md:pr-2 ${current ? "font-medium" : ""}`}
      >
        <AppIcon name={app.name} icon={app.icon} background={app.icon_background} imageUrl={pictureOf(app)} size="small" />
        <span className="truncate">{app.name}</span>
      </Link>
      <span className="absolute right-1 max-md:hidden">
        <Menu
          trigger={
            <IconButton
              label={t("apps.menu.of", { name: app.name })}
              className="pointer-fine:not-group-hover:not-group-focus-within:not-data-[state=open]:opacity-0"
            >
              <MoreHorizontal {...SIGN} />
            </IconButton>
          }
        >
          <MenuItem icon={app.is_pinned ? <PinOff {...SIGN} /> : <Pin {...SIGN} />} onSelect={() => pin.mutate(!app.is_pinned)}>
            {app.is_pinned ? t("explore.unpin") : t("explore.pin")}
          </MenuItem>
          {mayEdit(role) && (
            <MenuItem icon={<Pencil {...SIGN} />} onSelect={() => void navigate({ to: "/app/$appId", params: { appId: app.id } })}>
              {t("explore.build")}
            </MenuItem>
          )}
        </Menu>
      </span>
    </li>
  );
}

/** Pins an app for everybody in the workspace: seen at once, taken back when the server refuses. */
export function usePinning(app: InstalledApp) {
  const queries = useQueryClient();
  const errorText = useErrorText();
  return useMutation({
    mutationFn: (is_pinned: boolean) =>
      call(api.PATCH("/installed-apps/{app_id}", { params: { path: { app_id: app.id } }, body: { is_pinned } })),
    onMutate: (is_pinned) => {
      const before = queries.getQueryData(installedQuery.queryKey);
      queries.setQueryData(installedQuery.queryKey, (apps) => apps?.map((each) => (each.id === app.id ? { ...each, is_pinned } : each)));
      return before;
    },
    onError: (error, _, before) => {
      queries.setQueryData(installedQuery.queryKey, before);
      showToast("danger", errorText(error));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: installedQuery.queryKey }),
  });
}
