import type { UseQueryResult } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, ScrollText } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button, buttonClass, IconButton } from "@/ui/button";
import { Empty, Skeleton } from "@/ui/empty";
import { PAGE_SIZE, pageOf, type LogSearch } from "./log-filter";

interface LogListProps<Entry> {
  list: UseQueryResult<{ data: Entry[]; total: number }>;
  search: LogSearch;
  onSearch: (search: LogSearch) => void;
  /** Where the app is used. */
  appUrl: string | undefined;
  children: (entries: readonly Entry[]) => ReactNode;
}

/** A page of a log, and the way to the others. */
export function LogList<Entry>({ list, search, onSearch, appUrl, children }: LogListProps<Entry>) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  if (list.isError) {
    return (
      <div role="alert" className="flex items-center gap-3 p-4 text-danger">
        {errorText(list.error)}
        <Button onClick={() => void list.refetch()}>{t("common.retry")}</Button>
      </div>
    );
  }
  if (!list.isSuccess) {
    return (
      <div className="flex flex-col gap-2 p-4" aria-busy>
        {[1, 2, 3, 4, 5, 6].map((n) => (
          <Skeleton key={n} className="h-8 w-full" />
        ))}
      </div>
    );
  }
  if (list.data.data.length === 0) {
    const filtered = [search.keyword, search.period, search.annotated, search.status, search.from, search.page].some((part) => part !== undefined);
    return (
      <Empty
        icon={<ScrollText size={28} strokeWidth={1.5} />}
        title={t(filtered ? "logs.noMatch" : "logs.none")}
        text={t(filtered ? "logs.noMatchText" : "logs.noneText")}
        action={
          filtered ? (
            <Button onClick={() => onSearch({ period: "all" })}>{t("logs.clear")}</Button>
          ) : (
            appUrl !== undefined && (
              <a href={appUrl} target="_blank" rel="noopener" className={buttonClass("plain")}>
                {t("logs.openApp")}
              </a>
            )
          )
        }
      />
    );
  }
  return (
    <>
      {children(list.data.data)}
      <Pager total={list.data.total} page={pageOf(search)} onPage={(page) => onSearch({ ...search, page: page === 1 ? undefined : String(page) })} />
    </>
  );
}

function Pager({ total, page, onPage }: { total: number; page: number; onPage: (page: number) => void }) {
  const { t } = useTranslation();
  const pages = Math.max(1, Math.ceil(total / PAGE_SIZE));
  return (
    <div className="flex items-center gap-2 px-4 py-2 text-muted">
      <span className="tabular flex-1">{t("logs.count", { count: total })}</span>
      {pages > 1 && (
        <>
          <IconButton label={t("logs.previous")} disabled={page <= 1} onClick={() => onPage(page - 1)}>
            <ChevronLeft size={16} strokeWidth={1.5} />
          </IconButton>
          <span className="tabular">{t("logs.page", { page, pages })}</span>
          <IconButton label={t("logs.next")} disabled={page >= pages} onClick={() => onPage(page + 1)}>
            <ChevronRight size={16} strokeWidth={1.5} />
          </IconButton>
        </>
      )}
    </div>
  );
}
