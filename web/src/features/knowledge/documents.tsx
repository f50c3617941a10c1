import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { TextInput } from "@/ui/field";
import { Select } from "@/ui/select";
import { Spinner } from "@/ui/spinner";
import { HeadCell, Table, TableHead } from "@/ui/table";
import { AddFiles } from "./add-files";
import { BatchBar } from "./batch-bar";
import { Chunks } from "./chunks";
import { DocumentRow } from "./document-row";
import { documentsKey, UNDER_WAY, useDocumentWork } from "./document-work";
import { RenameDocument } from "./rename-document";

type Document = Schemas["DocumentShown"];

const POLL_MS = 1500;
const PAGE_SIZE = 30;
const STATES = ["all", "queuing", "indexing", "paused", "error", "available", "disabled", "archived"] as const;
const SORTS = ["-created_at", "created_at", "name", "-name", "-word_count", "word_count", "-hit_count", "hit_count"] as const;

type Status = (typeof STATES)[number];
type Sort = (typeof SORTS)[number];

interface DocumentsProps {
  base: Schemas["DatasetShown"];
  editable: boolean;
}

/** The documents of a base: found, followed while they are taken in, and changed one by one or many at once. */
export function Documents({ base, editable }: DocumentsProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const work = useDocumentWork(base.id);
  const [keyword, setKeyword] = useState("");
  const [status, setStatus] = useState<Status>("all");
  const [sort, setSort] = useState<Sort>("-created_at");
  const [page, setPage] = useState(1);
  const [pickedIds, setPickedIds] = useState<ReadonlySet<string>>(new Set());
  const [opened, setOpened] = useState<Document | null>(null);
  const [renaming, setRenaming] = useState<Document | null>(null);
  const [removing, setRemoving] = useState<readonly Document[]>([]);
  const documents = useQuery({
    queryKey: [...documentsKey(base.id), keyword, status, sort, page],
    queryFn: ({ signal }) =>
      call(
        api.GET("/datasets/{dataset_id}/documents", {
          params: { path: { dataset_id: base.id }, query: { page, limit: PAGE_SIZE, keyword, status, sort, fetch: true } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.data.some((each) => UNDER_WAY.has(each.display_status)) === true ? POLL_MS : false),
  });
  const shown = documents.data?.data ?? [];
  const picked = shown.filter((document) => pickedIds.has(document.id));
  const pickNone = () => setPickedIds(new Set());
  const pick = (id: string, on: boolean) => setPickedIds(on ? new Set([...pickedIds, id]) : new Set([...pickedIds].filter((each) => each !== id)));
  const narrow = (change: () => void) => {
    change();
    setPage(1);
    pickNone();
  };
  const pages = Math.ceil((documents.data?.total ?? 0) / PAGE_SIZE);
  if (documents.error !== null) return <p className="py-4 text-danger">{errorText(documents.error)}</p>;
  return (
    <div className="flex flex-col gap-4 py-4">
      {editable && <AddFiles base={base} onAdded={work.refresh} />}
      <div className="flex flex-wrap items-center gap-2">
        <TextInput
          type="search"
          className="max-w-64"
          aria-label={t("documents.search")}
          placeholder={t("documents.search")}
          value={keyword}
          onChange={(event) => narrow(() => setKeyword(event.target.value))}
        />
        <Select
          className="max-w-44"
          label={t("knowledge.status")}
          value={status}
          onChange={(next) => narrow(() => setStatus(next))}
          options={STATES.map((each) => ({ value: each, label: each === "all" ? t("documents.anyState") : t(`knowledge.states.${each}`) }))}
        />
        <Select
          className="max-w-52"
          label={t("documents.sort")}
          value={sort}
          onChange={(next) => narrow(() => setSort(next))}
          options={SORTS.map((each) => ({ value: each, label: t(`documents.sorts.${each}`) }))}
        />
      </div>
      {picked.length > 0 && <BatchBar picked={picked} work={work} onRemove={() => setRemoving(picked)} onDone={pickNone} />}
      {documents.data === undefined ? (
        <Spinner />
      ) : (
        <Table label={t("knowledge.documents")}>
          <TableHead>
            {editable && (
              <HeadCell className="w-8">
                <Checkbox
                  checked={picked.length === 0 ? false : picked.length === shown.length || "indeterminate"}
                  onChange={(on) => setPickedIds(new Set(on ? shown.map((document) => document.id) : []))}
                  label=""
                  bare={t("documents.pickAll")}
                />
              </HeadCell>
            )}
            <HeadCell>{t("knowledge.name")}</HeadCell>
            <HeadCell>{t("knowledge.status")}</HeadCell>
            <HeadCell numeric className="max-sm:hidden">
              {t("knowledge.chunks")}
            </HeadCell>
            <HeadCell numeric className="max-sm:hidden">
              {t("knowledge.words")}
            </HeadCell>
            <HeadCell numeric className="max-md:hidden">
              {t("documents.found")}
            </HeadCell>
            {editable && (
              <HeadCell>
                <span className="sr-only">{t("knowledge.actions")}</span>
              </HeadCell>
            )}
          </TableHead>
          <tbody>
            {shown.map((document) => (
              <DocumentRow
                key={document.id}
                document={document}
                work={work}
                editable={editable}
                picked={pickedIds.has(document.id)}
                onPick={(on) => pick(document.id, on)}
                onOpen={() => setOpened(document)}
                onRename={() => setRenaming(document)}
                onRemove={() => setRemoving([document])}
              />
            ))}
          </tbody>
        </Table>
      )}
      {documents.data?.total === 0 && <p className="text-muted">{t(keyword === "" && status === "all" ? "documents.none" : "documents.noneFound")}</p>}
      {pages > 1 && (
        <p className="flex items-center justify-center gap-3">
          <Button size="small" disabled={page === 1} onClick={() => setPage(page - 1)}>
            {t("knowledge.previous")}
          </Button>
          <span className="tabular text-muted">
            {page}/{pages}
          </span>
          <Button size="small" disabled={page >= pages} onClick={() => setPage(page + 1)}>
            {t("knowledge.next")}
          </Button>
        </p>
      )}
      {opened !== null && <Chunks baseId={base.id} document={opened} editable={editable} onClose={() => setOpened(null)} />}
      {renaming !== null && <RenameDocument document={renaming} rename={work.rename} onClose={() => setRenaming(null)} />}
      {removing.length > 0 && (
        <ConfirmDialog
          title={removing.length === 1 ? t("knowledge.removeTitle", { name: removing[0]?.name }) : t("documents.removeTitle", { count: removing.length })}
          text={t("knowledge.removeText")}
          action={t("knowledge.removeAction")}
          onClose={() => setRemoving([])}
          onConfirm={async () => {
            await work.remove(removing.map((document) => document.id));
            pickNone();
            setPage(1);
          }}
        />
      )}
    </div>
  );
}
