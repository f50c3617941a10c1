import { useInfiniteQuery } from "@tanstack/react-query";
import { Blocks, FileUp, LayoutTemplate, Plus, Search, SearchX } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { AppMode } from "@/api/console";
import { useAccount } from "@/features/account/account-context";
import { mayEdit } from "@/features/account/roles";
import { useCommands } from "@/features/commands/registry";
import { PageBar } from "@/features/shell/page-bar";
import { TagFilter } from "@/features/tags/tag-filter";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Empty, Skeleton } from "@/ui/empty";
import { Select } from "@/ui/select";
import { tabClass } from "@/ui/tabs";
import { AppGrid } from "./app-grid";
import { appListQuery, ORDERS, type AppOrder } from "./apps-query";
import { CreateDialog } from "./create-dialog";
import { ImportDialog } from "./import-dialog";
import { MODES } from "./modes";
import { TemplateDialog } from "./template-dialog";
import { useDroppedFile } from "./use-dropped-file";

/** Which way of getting an app is open. */
export type Creating = "blank" | "template" | "import";

/** What the studio shows; all of it is in the address. */
export interface StudioView {
  mode: AppMode | undefined;
  tagIds: readonly string[];
  query: string;
  mine: boolean;
  order: AppOrder;
  creating: Creating | undefined;
}

interface StudioPageProps {
  view: StudioView;
  /** `replace` for what somebody is still typing. */
  onView: (view: StudioView, replace?: boolean) => void;
}

const PAUSE_MS = 500;
const SIGN = { size: 14, strokeWidth: 1.5 };

/** The apps of the workspace: to find, to open, to make. */
export function StudioPage({ view, onView }: StudioPageProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { role } = useAccount();
  const editable = mayEdit(role);
  const filter = { mode: view.mode, tagIds: view.tagIds, name: view.query, mine: view.mine, order: view.order };
  const list = useInfiniteQuery(appListQuery(filter));
  const apps = useMemo(() => list.data?.pages.flatMap((page) => page.data) ?? [], [list.data]);
  const total = list.data?.pages.at(-1)?.total ?? 0;
  const filtered = view.mode !== undefined || view.tagIds.length > 0 || view.query !== "" || view.mine;
  const open = useCallback((creating: Creating | undefined) => onView({ ...view, creating }), [onView, view]);
  const { file, over, forget } = useDroppedFile(editable && view.creating === undefined);
  useStudioCommands(editable, open);
  const close = () => open(undefined);
  const { fetchNextPage } = list;

  return (
    <div className="mx-auto flex w-full max-w-300 flex-1 flex-col gap-4 p-4 md:p-6">
      <PageBar
        title={t("apps.title")}
        actions={
          editable ? (
            <Button variant="primary" size="small" icon={<Plus size={14} strokeWidth={2} />} onClick={() => open("blank")}>
              {t("apps.create.short")}
            </Button>
          ) : undefined
        }
      />
      <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-2 border-b border-line">
        <div role="group" aria-label={t("apps.kind")} className="-mb-px flex min-w-0 gap-4 overflow-x-auto overflow-y-hidden">
          {[undefined, ...MODES].map((mode) => (
            <button key={mode ?? "all"} type="button" aria-pressed={view.mode === mode} onClick={() => onView({ ...view, mode })} className={tabClass(view.mode === mode)}>
              {mode === undefined ? t("apps.allKinds") : t(`apps.modes.${mode}`)}
            </button>
          ))}
        </div>
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-2 pb-2 max-sm:w-full">
          <Checkbox checked={view.mine} onChange={(mine) => onView({ ...view, mine })} label={t("apps.mine")} />
          <TagFilter kind="app" chosen={view.tagIds} onChange={(tagIds) => onView({ ...view, tagIds })} mayManage={editable} />
          <Select
            label={t("apps.order")}
            className="w-auto! max-w-48"
            value={view.order}
            onChange={(order) => onView({ ...view, order })}
            options={ORDERS.map((order) => ({ value: order, label: t(`apps.orders.${order}`) }))}
          />
          <SearchField key={view.query === "" ? "empty" : "typed"} query={view.query} onQuery={(query) => onView({ ...view, query }, true)} />
        </div>
      </div>
      {list.isPending ? (
        <div className="grid grid-cols-[repeat(auto-fill,minmax(272px,1fr))] gap-3" aria-busy aria-label={t("common.loading")}>
          {[1, 2, 3, 4, 5, 6].map((n) => (
            <Skeleton key={n} className="h-43" />
          ))}
        </div>
      ) : list.error !== null && list.data === undefined ? (
        <div role="alert" className="flex items-center gap-3 text-danger">
          {errorText(list.error)}
          <Button onClick={() => void list.refetch()}>{t("common.retry")}</Button>
        </div>
      ) : apps.length > 0 ? (
        <AppGrid
          apps={apps}
          total={total}
          editable={editable}
          {...(editable && !filtered ? { first: <CreateCard onOpen={open} /> } : {})}
          loadMore={list.hasNextPage ? fetchNextPage : undefined}
          loading={list.isFetchingNextPage}
        />
      ) : filtered ? (
        <Empty
          icon={<SearchX size={28} strokeWidth={1.5} />}
          title={t("apps.noHits")}
          text={t("apps.noHitsText")}
          action={
            <Button onClick={() => onView({ ...view, mode: undefined, tagIds: [], query: "", mine: false, creating: undefined })}>{t("apps.clearFilters")}</Button>
          }
        />
      ) : (
        <Empty
          icon={<Blocks size={28} strokeWidth={1.5} />}
          title={t("apps.none")}
          text={editable ? t("apps.noneText") : t("apps.noneForReaders")}
          action={
            editable && (
              <div className="flex flex-wrap justify-center gap-2">
                <Button variant="primary" icon={<LayoutTemplate {...SIGN} />} onClick={() => open("template")}>
                  {t("apps.create.template")}
                </Button>
                <Button icon={<Plus {...SIGN} />} onClick={() => open("blank")}>
                  {t("apps.create.blank")}
                </Button>
                <Button icon={<FileUp {...SIGN} />} onClick={() => open("import")}>
                  {t("apps.create.import")}
                </Button>
              </div>
            )
          }
        />
      )}
      {editable && view.creating === "blank" && <CreateDialog onClose={close} mode={view.mode} />}
      {editable && view.creating === "template" && <TemplateDialog onClose={close} />}
      {editable && view.creating === "import" && <ImportDialog onClose={close} />}
      {file !== null && <ImportDialog dropped={file} onClose={forget} />}
      {over && (
        <div className="pointer-events-none fixed inset-2 z-40 flex animate-fade items-center justify-center rounded-dialog border-2 border-dashed border-accent bg-accent-soft/90 text-16 font-semibold text-accent">
          {t("apps.import.dropHere")}
        </div>
      )}
    </div>
  );
}

/** The three ways to an app, before the apps. */
function CreateCard({ onOpen }: { onOpen: (creating: Creating) => void }) {
  const { t } = useTranslation();
  const ways = [
    { id: "blank", label: t("apps.create.blank"), icon: Plus },
    { id: "template", label: t("apps.create.template"), icon: LayoutTemplate },
    { id: "import", label: t("apps.create.import"), icon: FileUp },
  ] as const;
  return (
    <section aria-label={t("apps.create.title")} className="flex h-full flex-col rounded-card border border-dashed border-line-strong p-2">
      <h2 className="px-2 pt-1.5 pb-1 text-12 font-medium text-muted">{t("apps.create.title")}</h2>
      {ways.map(({ id, label, icon: Icon }) => (
        <button key={id} type="button" onClick={() => onOpen(id)} className="flex flex-1 items-center gap-2.5 rounded-control px-2 font-medium hover:bg-sunken">
          <Icon aria-hidden size={16} strokeWidth={1.5} className="text-muted" />
          {label}
        </button>
      ))}
    </section>
  );
}

/** Asks for what was typed when typing has stopped for a moment, or at once on Enter. */
function SearchField({ query, onQuery }: { query: string; onQuery: (query: string) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(query);
  useEffect(() => {
    if (typed.trim() === query) return;
    const timer = setTimeout(() => onQuery(typed.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, query, onQuery]);
  return (
    <label className="flex min-w-0 flex-1 items-center gap-2 rounded-control border border-line bg-raised px-2 focus-within:border-accent focus-within:outline-1 focus-within:outline-accent max-sm:basis-full">
      <Search aria-hidden size={14} strokeWidth={1.5} className="shrink-0 text-muted" />
      <input
        type="search"
        aria-label={t("apps.search")}
        placeholder={t("apps.search")}
        className="h-7.5 w-40 min-w-0 flex-1 bg-transparent outline-none placeholder:text-muted/80 pointer-coarse:h-10"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && onQuery(typed.trim())}
      />
    </label>
  );
}

function useStudioCommands(editable: boolean, open: (creating: Creating) => void): void {
  const { t } = useTranslation();
  const commands = useMemo(
    () =>
      editable
        ? [
            { id: "apps.create.blank", label: t("apps.create.title"), icon: Plus, shortcut: "n", group: t("apps.title"), perform: () => open("blank") },
            { id: "apps.create.template", label: t("apps.template.title"), icon: LayoutTemplate, group: t("apps.title"), perform: () => open("template") },
            { id: "apps.create.import", label: t("apps.import.title"), icon: FileUp, shortcut: "i", group: t("apps.title"), perform: () => open("import") },
          ]
        : [],
    [editable, open, t],
  );
  useCommands(commands);
}
