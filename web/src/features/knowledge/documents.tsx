import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FileUp, RotateCw, Scissors, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, csrfToken, type Schemas } from "@/api/client";
import { sendFile } from "@/api/upload";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Progress } from "@/ui/progress";
import { Segmented } from "@/ui/segmented";
import { Spinner } from "@/ui/spinner";
import { Switch } from "@/ui/switch";
import { Cell, HeadCell, Row, Table, TableHead } from "@/ui/table";
import { showToast } from "@/ui/toast";
import { Chunks } from "./chunks";

type Base = Schemas["DatasetShown"];
type Document = Schemas["DocumentShown"];
type Technique = "high_quality" | "economy";

const POLL_MS = 1500;
const UNDER_WAY = new Set(["queuing", "indexing"]);

interface DocumentsProps {
  base: Base;
  editable: boolean;
}

/** The documents of a base, how far each is, and files to add. */
export function Documents({ base, editable }: DocumentsProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const path = { dataset_id: base.id };
  const key = ["datasets", "documents", base.id];
  const [opened, setOpened] = useState<Document | null>(null);
  const [removing, setRemoving] = useState<Document | null>(null);
  const documents = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => (await call(api.GET("/datasets/{dataset_id}/documents", { params: { path, query: { limit: 100, fetch: true } }, signal }))).data,
    refetchInterval: (query) => (query.state.data?.some((each) => UNDER_WAY.has(each.display_status)) === true ? POLL_MS : false),
  });
  const change = async (work: Promise<unknown>) => {
    try {
      await work;
      await queries.invalidateQueries({ queryKey: key });
      await queries.invalidateQueries({ queryKey: ["datasets", "one", base.id] });
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  const switchTo = (document: Document, enabled: boolean) =>
    change(
      api.PATCH("/datasets/{dataset_id}/documents/status/{action}/batch", {
        params: { path: { ...path, action: enabled ? "enable" : "disable" }, query: { document_id: [document.id] } },
      }),
    );
  if (documents.error !== null) return <p className="py-4 text-danger">{errorText(documents.error)}</p>;
  return (
    <div className="flex flex-col gap-4 py-4">
      {editable && <AddFiles base={base} onAdded={() => change(Promise.resolve())} />}
      {documents.data === undefined ? (
        <Spinner />
      ) : (
        <Table label={t("knowledge.documents")}>
          <TableHead>
            <HeadCell>{t("knowledge.name")}</HeadCell>
            <HeadCell>{t("knowledge.status")}</HeadCell>
            <HeadCell className="max-sm:hidden">{t("knowledge.chunks")}</HeadCell>
            <HeadCell className="max-sm:hidden">{t("knowledge.words")}</HeadCell>
            <HeadCell>
              <span className="sr-only">{t("knowledge.actions")}</span>
            </HeadCell>
          </TableHead>
          <tbody>
            {documents.data.map((document) => (
              <Row key={document.id}>
                <Cell>
                  <button type="button" className="max-w-100 truncate text-start hover:text-accent" onClick={() => setOpened(document)}>
                    {document.name}
                  </button>
                </Cell>
                <Cell>
                  <State document={document} />
                </Cell>
                <Cell className="tabular max-sm:hidden">{document.segment_count}</Cell>
                <Cell className="tabular max-sm:hidden">{document.word_count.toLocaleString()}</Cell>
                <Cell>
                  {editable && (
                    <span className="flex items-center justify-end gap-1">
                      {document.display_status === "error" && (
                        <IconButton
                          label={t("knowledge.retry", { name: document.name })}
                          onClick={() => void change(api.POST("/datasets/{dataset_id}/retry", { params: { path }, body: { document_ids: [document.id] } }))}
                        >
                          <RotateCw size={16} strokeWidth={1.5} />
                        </IconButton>
                      )}
                      {(document.display_status === "available" || document.display_status === "disabled") && (
                        <Switch bare label={t("knowledge.searched", { name: document.name })} checked={document.enabled} onChange={(on) => void switchTo(document, on)} />
                      )}
                      {!UNDER_WAY.has(document.display_status) && (
                        <Link
                          to="/datasets/$baseId/documents/$documentId/cut"
                          params={{ baseId: base.id, documentId: document.id }}
                          aria-label={t("knowledgeSetup.cutAgain", { name: document.name })}
                          title={t("knowledgeSetup.cutAgain", { name: document.name })}
                          className="inline-flex size-8 items-center justify-center rounded-control text-muted hover:bg-surface hover:text-text"
                        >
                          <Scissors size={16} strokeWidth={1.5} aria-hidden />
                        </Link>
                      )}
                      <IconButton label={t("knowledge.remove", { name: document.name })} onClick={() => setRemoving(document)}>
                        <Trash2 size={16} strokeWidth={1.5} />
                      </IconButton>
                    </span>
                  )}
                </Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      )}
      {opened !== null && <Chunks baseId={base.id} document={opened} editable={editable} onClose={() => setOpened(null)} />}
      {removing !== null && (
        <ConfirmDialog
          title={t("knowledge.removeTitle", { name: removing.name })}
          text={t("knowledge.removeText")}
          action={t("knowledge.removeAction")}
          onClose={() => setRemoving(null)}
          onConfirm={() => change(api.DELETE("/datasets/{dataset_id}/documents", { params: { path, query: { document_id: [removing.id] } } }))}
        />
      )}
    </div>
  );
}

function State({ document }: { document: Document }) {
  const { t } = useTranslation();
  const { display_status: status, completed_segments: done, total_segments: total } = document;
  if (UNDER_WAY.has(status)) {
    return <Progress label={t(`knowledge.states.${status as "indexing"}`)} share={total != null && total > 0 ? (done ?? 0) / total : null} />;
  }
  return (
    <span className="flex flex-col items-start gap-0.5">
      <Badge tone={status === "error" ? "danger" : status === "available" ? "ok" : "plain"}>{t(`knowledge.states.${status as "available"}`)}</Badge>
      {document.error !== null && <span className="text-12 break-words text-danger">{document.error}</span>}
      {document.notice != null && <span className="text-12 break-words text-warn">{document.notice}</span>}
    </span>
  );
}

function AddFiles({ base, onAdded }: { base: Base; onAdded: () => Promise<void> }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [technique, setTechnique] = useState<Technique>("high_quality");
  const first = base.indexing_technique === null;
  const add = async (files: readonly File[]) => {
    if (files.length === 0) return;
    setBusy(true);
    const headers = { "X-CSRF-Token": csrfToken() };
    try {
      const sent = await Promise.all(files.map((file) => sendFile("/console/api/files/upload?source=datasets", headers, file, () => undefined, new AbortController().signal)));
      await call(
        api.POST("/datasets/{dataset_id}/documents", {
          params: { path: { dataset_id: base.id } },
          body: {
            data_source: { type: "upload_file", info_list: { data_source_type: "upload_file", file_info_list: { file_ids: sent.map((file) => file.id) } } },
            process_rule: { mode: "automatic" },
            ...(first ? { indexing_technique: technique } : {}),
          },
        }),
      );
      await onAdded();
    } catch (error) {
      showToast("danger", errorText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div
      className="flex flex-wrap items-center gap-3 rounded-card border border-dashed border-line-strong p-4"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void add([...event.dataTransfer.files]);
      }}
    >
      <p className="min-w-48 flex-1 text-muted">{t("knowledge.drop")}</p>
      {first && (
        <Segmented
          label={t("knowledge.technique")}
          value={technique}
          onChange={setTechnique}
          options={[
            { value: "high_quality", label: t("knowledge.byMeaning") },
            { value: "economy", label: t("knowledge.byKeywords") },
          ]}
        />
      )}
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t("knowledge.addFiles")}
        onChange={(event) => {
          void add([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      <Button busy={busy} icon={<FileUp size={16} strokeWidth={1.5} />} onClick={() => input.current?.click()}>
        {t("knowledge.addFiles")}
      </Button>
    </div>
  );
}
