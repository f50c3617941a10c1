import { useNavigate } from "@tanstack/react-router";
import { Archive, ArchiveRestore, Download, MoreHorizontal, NotebookText, Pause, Pencil, Play, RefreshCw, RotateCw, Scissors, Table2, Tags, Trash2, Workflow } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { Progress } from "@/ui/progress";
import { Switch } from "@/ui/switch";
import { Cell, Row } from "@/ui/table";
import { UNDER_WAY, type DocumentWork } from "./document-work";

type Document = Schemas["DocumentShown"];

interface DocumentRowProps {
  document: Document;
  work: DocumentWork;
  /** Its base has chunks summarised. */
  summarises: boolean;
  editable: boolean;
  picked: boolean;
  onPick: (picked: boolean) => void;
  onOpen: () => void;
  onRename: () => void;
  /** Makes it anew with the pipeline of its base; null where rules cut. */
  onRunAgain: (() => void) | null;
  onDescribe: () => void;
  onRemove: () => void;
}

/** One document: its state, and what can be done with it. */
export function DocumentRow({ document, work, summarises, editable, picked, onPick, onOpen, onRename, onRunAgain, onDescribe, onRemove }: DocumentRowProps) {
  const { t } = useTranslation();
  return (
    <Row selected={picked}>
      {editable && (
        <Cell className="w-8">
          <Checkbox checked={picked} onChange={onPick} label="" bare={t("documents.pick", { name: document.name })} />
        </Cell>
      )}
      <Cell>
        <button type="button" className="max-w-100 truncate text-start hover:text-accent max-sm:max-w-28" onClick={onOpen}>
          {document.name}
        </button>
      </Cell>
      <Cell>
        <State document={document} />
      </Cell>
      <Cell className="tabular text-end max-sm:hidden">{document.segment_count}</Cell>
      <Cell className="tabular text-end max-sm:hidden">{document.word_count.toLocaleString()}</Cell>
      <Cell className="tabular text-end max-md:hidden">{document.hit_count.toLocaleString()}</Cell>
      {editable && (
        <Cell>
          <span className="flex items-center justify-end gap-1">
            {document.display_status === "error" && (
              <IconButton label={t("knowledgeSetup.list.retry", { name: document.name })} onClick={() => void work.retry([document.id])}>
                <RotateCw size={16} strokeWidth={1.5} />
              </IconButton>
            )}
            {(document.display_status === "available" || document.display_status === "disabled") && (
              <Switch
                bare
                label={t("knowledgeSetup.list.searched", { name: document.name })}
                checked={document.enabled}
                onChange={(on) => void work.setState([document.id], on ? "enable" : "disable")}
              />
            )}
            <DocumentMenu document={document} work={work} summarises={summarises} onRename={onRename} onRunAgain={onRunAgain} onDescribe={onDescribe} onRemove={onRemove} />
          </span>
        </Cell>
      )}
    </Row>
  );
}

type DocumentMenuProps = Pick<DocumentRowProps, "document" | "work" | "summarises" | "onRename" | "onRunAgain" | "onDescribe" | "onRemove">;

function DocumentMenu({ document, work, summarises, onRename, onRunAgain, onDescribe, onRemove }: DocumentMenuProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { id, display_status: status, archived } = document;
  const settled = !UNDER_WAY.has(status) && status !== "paused";
  return (
    <Menu
      trigger={
        <IconButton label={t("documents.more", { name: document.name })}>
          <MoreHorizontal size={16} strokeWidth={1.5} />
        </IconButton>
      }
    >
      {!archived && (
        <MenuItem icon={<Pencil size={16} strokeWidth={1.5} />} onSelect={onRename}>
          {t("documents.rename")}
        </MenuItem>
      )}
      <MenuItem icon={<Tags size={16} strokeWidth={1.5} />} onSelect={onDescribe}>
        {t("documents.metadata.values")}
      </MenuItem>
      {settled && !archived && onRunAgain !== null && (
        <MenuItem icon={<Workflow size={16} strokeWidth={1.5} />} onSelect={onRunAgain}>
          {t("pipelines.again.action")}
        </MenuItem>
      )}
      {settled && !archived && onRunAgain === null && (
        <MenuItem
          icon={<Scissors size={16} strokeWidth={1.5} />}
          onSelect={() => void navigate({ to: "/datasets/$baseId/documents/$documentId/cut", params: { baseId: work.baseId, documentId: id } })}
        >
          {t("documents.cutAgain")}
        </MenuItem>
      )}
      {settled && !archived && onRunAgain === null && document.data_source_type !== "upload_file" && (
        <MenuItem icon={<RefreshCw size={16} strokeWidth={1.5} />} onSelect={() => void work.sync(document)}>
          {t("documents.sync")}
        </MenuItem>
      )}
      {summarises && status === "available" && document.doc_form !== "qa_model" && (
        <MenuItem icon={<NotebookText size={16} strokeWidth={1.5} />} onSelect={() => void work.summarise([id])}>
          {t("documents.summarise")}
        </MenuItem>
      )}
      {status === "indexing" && (
        <MenuItem icon={<Pause size={16} strokeWidth={1.5} />} onSelect={() => void work.hold(id)}>
          {t("documents.pause")}
        </MenuItem>
      )}
      {status === "paused" && (
        <MenuItem icon={<Play size={16} strokeWidth={1.5} />} onSelect={() => void work.goOn(id)}>
          {t("documents.resume")}
        </MenuItem>
      )}
      {document.data_source_type === "upload_file" && (
        <MenuItem icon={<Download size={16} strokeWidth={1.5} />} onSelect={() => void work.download([document])}>
          {t("documents.download")}
        </MenuItem>
      )}
      {document.segment_count > 0 && (
        <MenuItem icon={<Table2 size={16} strokeWidth={1.5} />} onSelect={() => work.exportChunks(id)}>
          {t("documents.exportChunks")}
        </MenuItem>
      )}
      {archived ? (
        <MenuItem icon={<ArchiveRestore size={16} strokeWidth={1.5} />} onSelect={() => void work.setState([id], "un_archive")}>
          {t("documents.unarchive")}
        </MenuItem>
      ) : (
        settled && (
          <MenuItem icon={<Archive size={16} strokeWidth={1.5} />} onSelect={() => void work.setState([id], "archive")}>
            {t("documents.archive")}
          </MenuItem>
        )
      )}
      <MenuSeparator />
      <MenuItem danger icon={<Trash2 size={16} strokeWidth={1.5} />} onSelect={onRemove}>
        {t("knowledgeSetup.list.removeAction")}
      </MenuItem>
    </Menu>
  );
}

function State({ document }: { document: Document }) {
  const { t } = useTranslation();
  const { display_status: status, completed_segments: done, total_segments: total } = document;
  if (UNDER_WAY.has(status)) {
    return <Progress label={t(`knowledgeSetup.list.states.${status as "indexing"}`)} share={total != null && total > 0 ? (done ?? 0) / total : null} />;
  }
  return (
    <span className="flex flex-col items-start gap-0.5">
      <Badge tone={status === "error" ? "danger" : status === "available" ? "ok" : "plain"}>{t(`knowledgeSetup.list.states.${status as "available"}`)}</Badge>
      {document.summary_index_status === "SUMMARIZING" && <span className="text-12 text-muted">{t("documents.summarising")}</span>}
      {document.error !== null && <span className="text-12 break-words text-danger">{document.error}</span>}
      {document.notice != null && <span className="text-12 break-words text-warn">{document.notice}</span>}
    </span>
  );
}
