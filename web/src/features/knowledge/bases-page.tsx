import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { LibraryBig, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { PageBar } from "@/features/shell/page-bar";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Empty, Skeleton } from "@/ui/empty";
import { TextInput } from "@/ui/field";

const PAGE = 30;

/** The knowledge bases that somebody may see, newest first. */
export function BasesPage() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [keyword, setKeyword] = useState("");
  const navigate = useNavigate();
  const bases = useInfiniteQuery({
    queryKey: ["datasets", "list", keyword],
    queryFn: ({ pageParam, signal }) => call(api.GET("/datasets", { params: { query: { page: pageParam, limit: PAGE, keyword } }, signal })),
    initialPageParam: 1,
    getNextPageParam: (page) => (page.has_more ? page.page + 1 : undefined),
    placeholderData: (before) => before,
  });
  const found = bases.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <>
      <PageBar title={t("knowledge.title")} />
      <div className="mx-auto flex w-full max-w-300 flex-col gap-4 p-4">
        <div className="flex flex-wrap items-center gap-2">
          <TextInput
            type="search"
            className="max-w-80"
            aria-label={t("knowledge.search")}
            placeholder={t("knowledge.search")}
            value={keyword}
            onChange={(event) => setKeyword(event.target.value)}
          />
          <Button variant="primary" className="ml-auto" icon={<Plus size={16} strokeWidth={1.5} />} onClick={() => void navigate({ to: "/datasets/create" })}>
            {t("knowledge.create")}
          </Button>
        </div>
        {bases.error !== null && <p className="text-danger">{errorText(bases.error)}</p>}
        {bases.isPending && <Skeleton className="h-24 w-full" />}
        {bases.isSuccess && found.length === 0 && (
          <Empty
            icon={<LibraryBig size={28} strokeWidth={1.5} />}
            title={t(keyword === "" ? "knowledge.none" : "knowledge.noneFound")}
            text={keyword === "" ? t("knowledge.noneText") : undefined}
            action={<Button onClick={() => void navigate({ to: "/datasets/create" })}>{t("knowledge.create")}</Button>}
          />
        )}
        <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
          {found.map((base) => (
            <li key={base.id}>
              <Link
                to="/datasets/$baseId"
                params={{ baseId: base.id }}
                className="flex h-full flex-col gap-1 rounded-card border border-line bg-surface p-4 hover:border-line-strong"
              >
                <h2 className="truncate font-medium">{base.name}</h2>
                <p className="line-clamp-2 min-h-10 text-muted">{base.description}</p>
                <p className="tabular text-12 text-muted">
                  {t("knowledge.counts", { documents: base.document_count, words: base.word_count.toLocaleString(), apps: base.app_count })}
                </p>
              </Link>
            </li>
          ))}
        </ul>
        {bases.hasNextPage && (
          <Button className="self-center" busy={bases.isFetchingNextPage} onClick={() => void bases.fetchNextPage()}>
            {t("common.loadMore")}
          </Button>
        )}
      </div>
    </>
  );
}
