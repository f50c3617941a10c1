import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/empty";
import { Time } from "@/ui/time";

const PAGE = 10;

export const recordsKey = (baseId: string) => ["datasets", "queries", baseId] as const;

/** What a base was asked, here and by apps; a click asks for it again. */
export function Records({ baseId, onChoose }: { baseId: string; onChoose: (question: string) => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const records = useInfiniteQuery({
    queryKey: recordsKey(baseId),
    queryFn: ({ pageParam, signal }) => call(api.GET("/datasets/{dataset_id}/queries", { params: { path: { dataset_id: baseId }, query: { page: pageParam, limit: PAGE } }, signal })),
    initialPageParam: 1,
    getNextPageParam: (page) => (page.has_more ? page.page + 1 : undefined),
  });
  const shown = records.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-semibold">{t("knowledgeSetup.trial.records")}</h3>
      {records.error !== null && <p className="text-danger">{errorText(records.error)}</p>}
      {records.isPending && <Skeleton className="h-16 w-full" />}
      {records.isSuccess && shown.length === 0 && <p className="text-muted">{t("knowledgeSetup.trial.noRecords")}</p>}
      <ul aria-label={t("knowledgeSetup.trial.records")} className="flex flex-col">
        {shown.map((record) => (
          <li key={record.id} className="border-b border-line last:border-b-0">
            <button type="button" className="flex w-full items-baseline gap-3 rounded-control px-2 py-2 text-start hover:bg-sunken" onClick={() => onChoose(record.content)}>
              <span className="min-w-0 flex-1 truncate" title={record.content}>
                {record.content}
              </span>
              <span className="shrink-0 text-12 text-muted">
                {t(record.source === "app" ? "knowledgeSetup.trial.sources.app" : "knowledgeSetup.trial.sources.hit_testing")} · <Time at={record.created_at} />
              </span>
            </button>
          </li>
        ))}
      </ul>
      {records.hasNextPage && (
        <Button size="small" className="self-start" busy={records.isFetchingNextPage} onClick={() => void records.fetchNextPage()}>
          {t("common.loadMore")}
        </Button>
      )}
    </section>
  );
}
