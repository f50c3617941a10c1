import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, MessageSquareQuote, MoreHorizontal, Plus, Search, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Empty, Skeleton } from "@/ui/empty";
import { TextInput } from "@/ui/field";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { Cell, HeadCell, Row, Table, TableHead } from "@/ui/table";
import { Time } from "@/ui/time";
import { AnnotationDrawer } from "./annotation-drawer";
import { AnnotationForm } from "./annotation-form";
import { annotationsKey, annotationsQuery, PAGE_SIZE, type Annotation } from "./annotations-query";
import { ImportDialog } from "./import-dialog";
import { ReplyCard } from "./reply-card";

type Asked = "add" | "import" | "clear" | "chosen" | null;

/** The questions of an app that people have written the answers to. */
export function AnnotationsPage({ appId }: { appId: string }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [keyword, setKeyword] = useState("");
  const [page, setPage] = useState(1);
  const [asked, setAsked] = useState<Asked>(null);
  const [open, setOpen] = useState<Annotation | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const list = useQuery(annotationsQuery(appId, keyword, page));
  const refresh = () => queries.invalidateQueries({ queryKey: annotationsKey(appId) });
  const remove = async (ids: readonly string[]) => {
    await call(api.DELETE("/apps/{app_id}/annotations", { params: { path: { app_id: appId }, query: ids.length === 0 ? {} : { annotation_id: [...ids] } } }));
    setChosen(new Set());
    setPage(1);
    await refresh();
  };
  const toggle = (id: string) => setChosen(chosen.has(id) ? new Set([...chosen].filter((other) => other !== id)) : new Set([...chosen, id]));
  const pages = Math.max(1, Math.ceil((list.data?.total ?? 0) / PAGE_SIZE));
  const download = (form: "csv" | "jsonl") => window.location.assign(`/console/api/apps/${appId}/annotations/export?form=${form}`);
  return (
    <div className="mx-auto flex w-full max-w-280 flex-col gap-4 p-4">
      <ReplyCard appId={appId} />
      <div className="flex flex-wrap items-center gap-2">
        <div className="relative min-w-50 flex-1">
          <Search aria-hidden size={14} strokeWidth={1.5} className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-muted" />
          <TextInput
            type="search"
            aria-label={t("annotations.search")}
            placeholder={t("annotations.search")}
            className="max-w-80 pl-8"
            value={keyword}
            onChange={(event) => {
              setKeyword(event.target.value);
              setPage(1);
            }}
          />
        </div>
        {chosen.size > 0 && (
          <>
            <span className="text-muted">{t("annotations.chosen", { count: chosen.size })}</span>
            <Button icon={<Trash2 size={14} strokeWidth={1.5} />} onClick={() => setAsked("chosen")}>
              {t("annotations.deleteChosen")}
            </Button>
          </>
        )}
        <Menu
          trigger={
            <IconButton label={t("annotations.more")}>
              <MoreHorizontal size={16} strokeWidth={1.5} />
            </IconButton>
          }
        >
          <MenuItem onSelect={() => setAsked("import")}>{t("annotations.importFile")}</MenuItem>
          <MenuItem onSelect={() => download("csv")}>{t("annotations.exportCsv")}</MenuItem>
          <MenuItem onSelect={() => download("jsonl")}>{t("annotations.exportJsonl")}</MenuItem>
          <MenuSeparator />
          <MenuItem danger onSelect={() => setAsked("clear")}>
            {t("annotations.clear")}
          </MenuItem>
        </Menu>
        <Button variant="primary" icon={<Plus size={14} strokeWidth={2} />} onClick={() => setAsked("add")}>
          {t("annotations.add")}
        </Button>
      </div>
      {list.isError && (
        <div role="alert" className="flex items-center gap-3 text-danger">
          {errorText(list.error)}
          <Button onClick={() => void list.refetch()}>{t("common.retry")}</Button>
        </div>
      )}
      {list.isPending && <Skeleton className="h-40 w-full" />}
      {list.data?.data.length === 0 && (
        <Empty
          icon={<MessageSquareQuote size={28} strokeWidth={1.5} />}
          title={t(keyword === "" ? "annotations.none" : "annotations.noMatch")}
          {...(keyword === "" ? { text: t("annotations.noneText") } : {})}
        />
      )}
      {list.data !== undefined && list.data.data.length > 0 && (
        <div className="rounded-card border border-line bg-surface">
          <Table label={t("annotations.list")}>
            <TableHead>
              <HeadCell className="w-8" />
              <HeadCell className="w-1/2">{t("annotations.question")}</HeadCell>
              <HeadCell className="w-1/2 max-sm:hidden">{t("annotations.answer")}</HeadCell>
              <HeadCell numeric>{t("annotations.hits")}</HeadCell>
              <HeadCell className="max-md:hidden">{t("annotations.author")}</HeadCell>
              <HeadCell className="max-sm:hidden">{t("annotations.when")}</HeadCell>
            </TableHead>
            <tbody>
              {list.data.data.map((annotation) => (
                <Row key={annotation.id} onOpen={() => setOpen(annotation)} selected={chosen.has(annotation.id)}>
                  <Cell onClick={(event) => event.stopPropagation()}>
                    <input
                      type="checkbox"
                      className="size-4 accent-accent"
                      aria-label={t("annotations.choose", { question: annotation.question })}
                      checked={chosen.has(annotation.id)}
                      onChange={() => toggle(annotation.id)}
                    />
                  </Cell>
                  <Cell className="max-w-0 truncate">{annotation.question}</Cell>
                  <Cell className="max-w-0 truncate text-muted max-sm:hidden">{annotation.answer}</Cell>
                  <Cell className="text-end">{annotation.hit_count}</Cell>
                  <Cell className="whitespace-nowrap text-muted max-md:hidden">{annotation.author}</Cell>
                  <Cell className="text-muted max-sm:hidden">
                    <Time at={annotation.updated_at} />
                  </Cell>
                </Row>
              ))}
            </tbody>
          </Table>
        </div>
      )}
      {list.data !== undefined && list.data.total > 0 && (
        <div className="flex items-center gap-2 text-muted">
          <span className="flex-1">{t("annotations.count", { count: list.data.total })}</span>
          {pages > 1 && (
            <>
              <IconButton label={t("annotations.previous")} disabled={page <= 1} onClick={() => setPage(page - 1)}>
                <ChevronLeft size={16} strokeWidth={1.5} />
              </IconButton>
              <span className="tabular">
                {page} / {pages}
              </span>
              <IconButton label={t("annotations.next")} disabled={page >= pages} onClick={() => setPage(page + 1)}>
                <ChevronRight size={16} strokeWidth={1.5} />
              </IconButton>
            </>
          )}
        </div>
      )}
      {asked === "add" && <AnnotationForm appId={appId} onSaved={refresh} onClose={() => setAsked(null)} />}
      {asked === "import" && <ImportDialog appId={appId} onClose={() => setAsked(null)} />}
      {asked === "clear" && (
        <ConfirmDialog title={t("annotations.clearTitle")} text={t("annotations.clearText")} action={t("common.delete")} onClose={() => setAsked(null)} onConfirm={() => remove([])} />
      )}
      {asked === "chosen" && (
        <ConfirmDialog
          title={t("annotations.removeChosenTitle", { count: chosen.size })}
          text={t("annotations.removeText")}
          action={t("common.delete")}
          onClose={() => setAsked(null)}
          onConfirm={() => remove([...chosen])}
        />
      )}
      {open !== null && <AnnotationDrawer key={open.id} appId={appId} annotation={open} onClose={() => setOpen(null)} />}
    </div>
  );
}
