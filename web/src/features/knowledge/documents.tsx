import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { FileText, Tags } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Empty } from "@/ui/empty";
import { Select } from "@/ui/select";
import { Spinner } from "@/ui/spinner";
import { HeadCell, Table, TableHead } from "@/ui/table";
import { SORTS, STATES, type DocumentsView } from "./base-view";
import { BatchBar } from "./batch-bar";
import { Chunks } from "./chunks/chunks";
import { DocumentRow } from "./document-row";
import { documentsKey, UNDER_WAY, useDocumentWork } from "./document-work";
import { FieldsDrawer } from "./metadata/fields-drawer";
import { ValuesDialog } from "./metadata/values-dialog";
import { RenameDocument } from "./rename-document";
import { SearchField } from "./search-field";
import { UnusedNotice } from "./unused-notice";

type Document = Schemas["DocumentShown"];

const AgainDialog = lazy(async () => ({ default: (await import("./pipelines/again-dialog")).AgainDialog }));

const POLL_MS = 1500;
const PAGE_SIZE = 30;

interface DocumentsProps {
  base: Schemas["DatasetShown"];
  editable: boolean;
  view: DocumentsView;
  /** `replace` for what somebody is still typing. */
  onView: (view: DocumentsView, replace?: boolean) => void;
}

/** The documents of a base: found, followed while they are taken in, and changed one by one or many at once. */
export function Documents({ base, editable, view, onView }: DocumentsProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const work = useDocumentWork(base.id);
  const navigate = useNavigate();
  const { keyword, status, sort, page } = view;
  const [pickedIds, setPickedIds] = useState<ReadonlySet<string>>(new Set());
  const [opened, setOpened] = useState<Document | null>(null);
  const [renaming, setRenaming] = useState<Document | null>(null);
  const [repeated, setRepeated] = useState<Document | null>(null);
  const [described, setDescribed] = useState<readonly Document[]>([]);
  const [fieldsShown, setFieldsShown] = useState(false);
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
    refetchInterval: (query) => (query.state.data?.data.some((each) => UNDER_WAY.has(each.display_status) || each.summary_index_status === "SUMMARIZING") === true ? POLL_MS : false),
  });
  const piped = base.runtime_mode === "rag_pipeline";
  const shown = documents.data?.data ?? [];
  const picked = shown.filter((document) => pickedIds.has(document.id));
  const pickNone = () => setPickedIds(new Set());
  const pick = (id: string, on: boolean) => setPickedIds(on ? new Set([...pickedIds, id]) : new Set([...pickedIds].filter((each) => each !== id)));
  const narrow = (change: Partial<DocumentsView>, replace = false) => {
    onView({ ...view, page: 1, ...change }, replace);
    pickNone();
  };
  const pages = Math.ceil((documents.data?.total ?? 0) / PAGE_SIZE);
  const filtered = keyword !== "" || status !== "all";
  if (documents.data?.total === 0 && !filtered) {
    return (
      <>
        <Empty
          icon={<FileText size={28} strokeWidth={1.5} />}
          title={t("documents.none")}
          text={editable ? t("documents.noneText") : undefined}
          action={
            editable ? (
              <span className="flex flex-wrap justify-center gap-2">
                <Button variant="primary" onClick={() => void navigate({ to: piped ? "/datasets/$baseId/run" : "/datasets/$baseId/add", params: { baseId: base.id } })}>
                  {t("knowledgeSetup.addTo")}
                </Button>
                <Button icon={<Tags size={16} strokeWidth={1.5} />} onClick={() => setFieldsShown(true)}>
                  {t("documents.metadata.title")}
                </Button>
              </span>
            ) : undefined
          }
        />
        {fieldsShown && <FieldsDrawer baseId={base.id} onClose={() => setFieldsShown(false)} />}
      </>
    );
  }
  if (documents.error !== null) return <p className="py-4 text-danger">{errorText(documents.error)}</p>;
  return (
    <div className="flex flex-col gap-4 py-4">
      <UnusedNotice work={work} editable={editable} />
      <div className="flex flex-wrap items-center gap-2">
        <SearchField className="max-w-64" label={t("documents.search")} value={keyword} onSearch={(next) => narrow({ keyword: next }, true)} />
        <Select
          className="max-w-44"
          label={t("knowledgeSetup.list.status")}
          value={status}
          onChange={(next) => narrow({ status: next })}
          options={STATES.map((each) => ({ value: each, label: each === "all" ? t("documents.anyState") : t(`knowledgeSetup.list.states.${each}`) }))}
        />
        <Select
          className="max-w-52"
          label={t("documents.sort")}
          value={sort}
          onChange={(next) => narrow({ sort: next })}
          options={SORTS.map((each) => ({ value: each, label: t(`documents.sorts.${each}`) }))}
        />
        {editable && (
          <Button className="sm:ml-auto" icon={<Tags size={16} strokeWidth={1.5} />} onClick={() => setFieldsShown(true)}>
            {t("documents.metadata.title")}
          </Button>
        )}
      </div>
      {picked.length > 0 && <BatchBar picked={picked} work={work} summarises={base.summary_index_setting?.enable === true} onDescribe={() => setDescribed(picked)} onRemove={() => setRemoving(picked)} onDone={pickNone} />}
      {documents.data === undefined ? (
        <Spinner />
      ) : (
        <Table label={t("knowledgeSetup.list.documents")}>
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
            <HeadCell>{t("knowledgeSetup.list.name")}</HeadCell>
            <HeadCell>{t("knowledgeSetup.list.status")}</HeadCell>
            <HeadCell numeric className="max-sm:hidden">
              {t("knowledgeSetup.list.chunks")}
            </HeadCell>
            <HeadCell numeric className="max-sm:hidden">
              {t("knowledgeSetup.list.words")}
            </HeadCell>
            <HeadCell numeric className="max-md:hidden">
              {t("documents.found")}
            </HeadCell>
            {editable && (
              <HeadCell>
                <span className="sr-only">{t("knowledgeSetup.list.actions")}</span>
              </HeadCell>
            )}
          </TableHead>
          <tbody>
            {shown.map((document) => (
              <DocumentRow
                key={document.id}
                document={document}
                work={work}
                summarises={base.summary_index_setting?.enable === true}
                editable={editable}
                picked={pickedIds.has(document.id)}
                onPick={(on) => pick(document.id, on)}
                onOpen={() => setOpened(document)}
                onRename={() => setRenaming(document)}
                onRunAgain={piped ? () => setRepeated(document) : null}
                onDescribe={() => setDescribed([document])}
                onRemove={() => setRemoving([document])}
              />
            ))}
          </tbody>
        </Table>
      )}
      {documents.data?.total === 0 && filtered && <p className="text-muted">{t("documents.noneFound")}</p>}
      {pages > 1 && (
        <p className="flex items-center justify-center gap-3">
          <Button size="small" disabled={page === 1} onClick={() => narrow({ page: page - 1 })}>
            {t("knowledgeSetup.list.previous")}
          </Button>
          <span className="tabular text-muted">
            {page}/{pages}
          </span>
          <Button size="small" disabled={page >= pages} onClick={() => narrow({ page: page + 1 })}>
            {t("knowledgeSetup.list.next")}
          </Button>
        </p>
      )}
      {opened !== null && <Chunks baseId={base.id} summarised={base.indexing_technique === "high_quality" && opened.doc_form !== "qa_model"} document={opened} editable={editable} onClose={() => setOpened(null)} />}
      {renaming !== null && <RenameDocument document={renaming} rename={work.rename} onClose={() => setRenaming(null)} />}
      {repeated !== null && (
        <Suspense>
          <AgainDialog baseId={base.id} document={repeated} onBegun={work.refresh} onClose={() => setRepeated(null)} />
        </Suspense>
      )}
      {described.length > 0 && !fieldsShown && (
        <ValuesDialog baseId={base.id} documents={described} onSaved={work.refresh} onFields={() => setFieldsShown(true)} onClose={() => setDescribed([])} />
      )}
      {fieldsShown && <FieldsDrawer baseId={base.id} onClose={() => setFieldsShown(false)} />}
      {removing.length > 0 && (
        <ConfirmDialog
          title={removing.length === 1 ? t("knowledgeSetup.list.removeTitle", { name: removing[0]?.name }) : t("documents.removeTitle", { count: removing.length })}
          text={t("knowledgeSetup.list.removeText")}
          action={t("knowledgeSetup.list.removeAction")}
          onClose={() => setRemoving([])}
          onConfirm={async () => {
            await work.remove(removing.map((document) => document.id));
            narrow({ page: 1 });
          }}
        />
      )}
    </div>
  );
}
