import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { KeyRound, LibraryBig, Plus, Workflow } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useAccount } from "@/features/account/account-context";
import { KNOWLEDGE_KEEPERS, mayEdit } from "@/features/account/roles";
import { PageBar } from "@/features/shell/page-bar";
import { TagFilter } from "@/features/tags/tag-filter";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Empty, Skeleton } from "@/ui/empty";
import { BaseCard } from "./base-card";
import { SearchField } from "./search-field";

const PAGE = 30;

/** Which bases are shown; all of it is in the address. */
export interface BasesView {
  keyword: string;
  tagIds: readonly string[];
}

interface BasesPageProps {
  view: BasesView;
  /** `replace` for what somebody is still typing. */
  onView: (view: BasesView, replace?: boolean) => void;
}

/** The knowledge bases that somebody may see, newest first. */
export function BasesPage({ view, onView }: BasesPageProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const navigate = useNavigate();
  const { role } = useAccount();
  const { keyword, tagIds } = view;
  const bases = useInfiniteQuery({
    queryKey: ["datasets", "list", keyword, tagIds],
    queryFn: ({ pageParam, signal }) => call(api.GET("/datasets", { params: { query: { page: pageParam, limit: PAGE, keyword, tag_ids: [...tagIds] } }, signal })),
    initialPageParam: 1,
    getNextPageParam: (page) => (page.has_more ? page.page + 1 : undefined),
    placeholderData: (before) => before,
  });
  const found = bases.data?.pages.flatMap((page) => page.data) ?? [];
  const filtered = keyword !== "" || tagIds.length > 0;
  const keeps = KNOWLEDGE_KEEPERS.includes(role);
  const create = mayEdit(role) ? (
    <span className="flex flex-wrap justify-center gap-2">
      <Button icon={<Workflow size={16} strokeWidth={1.5} />} onClick={() => void navigate({ to: "/datasets/create/pipeline" })}>
        {t("knowledgeSetup.list.fromPipeline")}
      </Button>
      <Button variant="primary" icon={<Plus size={16} strokeWidth={1.5} />} onClick={() => void navigate({ to: "/datasets/create" })}>
        {t("knowledgeSetup.list.create")}
      </Button>
    </span>
  ) : undefined;
  return (
    <>
      <PageBar
        title={t("knowledge.title")}
        actions={
          keeps ? (
            <Button icon={<KeyRound size={16} strokeWidth={1.5} />} onClick={() => void navigate({ to: "/datasets/keys" })}>
              {t("knowledgeSetup.keysOf.title")}
            </Button>
          ) : undefined
        }
      />
      <div className="mx-auto flex w-full max-w-300 flex-col gap-4 p-4">
        <div className="flex flex-wrap items-center gap-2">
          <SearchField className="max-w-80" label={t("knowledgeSetup.list.search")} value={keyword} onSearch={(next) => onView({ ...view, keyword: next }, true)} />
          <TagFilter kind="knowledge" chosen={tagIds} onChange={(next) => onView({ ...view, tagIds: next })} mayManage={mayEdit(role)} />
          <span className="ml-auto">{create}</span>
        </div>
        {bases.error !== null && <p className="text-danger">{errorText(bases.error)}</p>}
        {bases.isPending && <Skeleton className="h-24 w-full" />}
        {bases.isSuccess && found.length === 0 && (
          <Empty
            icon={<LibraryBig size={28} strokeWidth={1.5} />}
            title={t(filtered ? "knowledgeSetup.list.noneFound" : "knowledgeSetup.list.none")}
            text={filtered ? undefined : t("knowledgeSetup.list.noneText")}
            action={filtered ? undefined : create}
          />
        )}
        <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
          {found.map((base) => (
            <li key={base.id} className="min-w-0">
              <BaseCard base={base} editable={keeps} />
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
