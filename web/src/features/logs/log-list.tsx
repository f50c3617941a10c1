import type { UseQueryResult } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, ScrollText } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button, buttonClass, IconButton } from "@/ui/button";
import { Empty, Skeleton } from "@/ui/empty";
import { NativeSelect } from "@/ui/field";
import { isFiltered, numbersAround, PAGE_SIZES, pageOf, sizeOf, type LogSearch } from "./log-filter";

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
    const filtered = isFiltered(search);
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
      <Pager total={list.data.total} search={search} onSearch={onSearch} />
    </>
  );
}

interface PagerProps {
  total: number;
  search: LogSearch;
  onSearch: (search: LogSearch) => void;
}

function Pager({ total, search, onSearch }: PagerProps) {
  const { t } = useTranslation();
  const page = pageOf(search);
  const size = sizeOf(search);
  const pages = Math.max(1, Math.ceil(total / size));
  const go = (to: number) => onSearch({ ...search, page: to <= 1 ? undefined : String(Math.min(to, pages)) });
  return (
    <nav aria-label={t("logs.pages")} className="flex flex-wrap items-center gap-2 px-4 py-2 text-muted">
      <span className="tabular flex-1">{t("logs.count", { count: total })}</span>
      <NativeSelect
        aria-label={t("logs.pageSize")}
        className="w-auto!"
        value={String(size)}
        onChange={(event) => onSearch({ ...search, page: undefined, size: Number(event.target.value) === PAGE_SIZES[0] ? undefined : event.target.value })}
      >
        {PAGE_SIZES.toSorted((a, b) => a - b).map((each) => (
          <option key={each} value={each}>
            {t("logs.perPage", { size: each })}
          </option>
        ))}
      </NativeSelect>
      {pages > 1 && (
        <>
          <IconButton label={t("logs.previous")} disabled={page <= 1} onClick={() => go(page - 1)}>
            <ChevronLeft size={16} strokeWidth={1.5} />
          </IconButton>
          {numbersAround(page, pages).map((each, at) =>
            each === null ? (
              <span key={`gap-${at}`} aria-hidden>
                …
              </span>
            ) : (
              <Button key={each} size="small" variant={each === page ? "accent" : "quiet"} aria-label={t("logs.page", { page: each, pages })} aria-current={each === page ? "page" : undefined} className="tabular" onClick={() => go(each)}>
                {each}
              </Button>
            ),
          )}
          <IconButton label={t("logs.next")} disabled={page >= pages} onClick={() => go(page + 1)}>
            <ChevronRight size={16} strokeWidth={1.5} />
          </IconButton>
        </>
      )}
    </nav>
  );
}
