import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Plus, Trash2 } from "lucide-react";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Dialog } from "@/ui/dialog";
import { Drawer } from "@/ui/drawer";
import { Field, TextArea, TextInput } from "@/ui/field";
import { Switch } from "@/ui/switch";
import { TagInput } from "@/ui/tag-input";
import { showToast } from "@/ui/toast";

type Chunk = Schemas["SegmentShown"];

const PAGE_SIZE = 20;

interface ChunksProps {
  baseId: string;
  document: Schemas["DocumentShown"];
  editable: boolean;
  onClose: () => void;
}

/** The chunks of a document: found, read, and by who may edit added, changed, switched off and deleted. */
export function Chunks({ baseId, document, editable, onClose }: ChunksProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const path = { dataset_id: baseId, document_id: document.id };
  const [page, setPage] = useState(1);
  const [keyword, setKeyword] = useState("");
  const [edited, setEdited] = useState<Chunk | "new" | null>(null);
  const [removing, setRemoving] = useState<Chunk | null>(null);
  const key = ["datasets", "chunks", document.id];
  const chunks = useQuery({
    queryKey: [...key, page, keyword],
    queryFn: ({ signal }) =>
      call(api.GET("/datasets/{dataset_id}/documents/{document_id}/segments", { params: { path, query: { page, limit: PAGE_SIZE, keyword } }, signal })),
    placeholderData: (before) => before,
  });
  const settle = () => Promise.all([queries.invalidateQueries({ queryKey: key }), queries.invalidateQueries({ queryKey: ["datasets", "documents", baseId] })]);
  const change = async (work: Promise<unknown>) => {
    try {
      await work;
      await settle();
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  const switchTo = (chunk: Chunk, on: boolean) =>
    change(
      call(
        api.PATCH("/datasets/{dataset_id}/documents/{document_id}/segment/{action}", {
          params: { path: { ...path, action: on ? "enable" : "disable" }, query: { segment_id: [chunk.id] } },
        }),
      ),
    );
  const mayAdd = editable && document.display_status === "available";
  return (
    <Drawer open onOpenChange={(open) => !open && onClose()} title={document.name}>
      <div className="mb-3 flex items-center gap-3">
        <TextInput
          type="search"
          aria-label={t("knowledgeSetup.chunk.search")}
          placeholder={t("knowledgeSetup.chunk.search")}
          value={keyword}
          onChange={(event) => {
            setKeyword(event.target.value);
            setPage(1);
          }}
        />
        {mayAdd && (
          <Button className="shrink-0" icon={<Plus size={16} strokeWidth={1.5} />} onClick={() => setEdited("new")}>
            {t("knowledgeSetup.chunk.add")}
          </Button>
        )}
      </div>
      {chunks.error !== null && <p className="text-danger">{errorText(chunks.error)}</p>}
      {chunks.data?.total === 0 && <p className="text-muted">{t(keyword === "" ? "knowledgeSetup.chunk.none" : "knowledge.nothingFound")}</p>}
      <ol className="flex flex-col gap-3">
        {chunks.data?.data.map((chunk) => (
          <li key={chunk.id} className="rounded-card border border-line p-3">
            <div className="mb-1 flex min-h-8 items-center gap-3 text-12 text-muted">
              <span className="tabular">#{chunk.position}</span>
              <span className="tabular">{t("knowledge.chunkWords", { count: chunk.word_count })}</span>
              <span className="tabular flex-1">{t("knowledge.hits", { count: chunk.hit_count })}</span>
              {editable && (
                <>
                  {chunk.status === "completed" && (
                    <Switch bare label={t("knowledgeSetup.chunk.searched", { position: chunk.position })} checked={chunk.enabled} onChange={(on) => void switchTo(chunk, on)} />
                  )}
                  <IconButton label={t("knowledgeSetup.chunk.edit", { position: chunk.position })} onClick={() => setEdited(chunk)}>
                    <Pencil size={16} strokeWidth={1.5} />
                  </IconButton>
                  <IconButton label={t("knowledgeSetup.chunk.remove", { position: chunk.position })} onClick={() => setRemoving(chunk)}>
                    <Trash2 size={16} strokeWidth={1.5} />
                  </IconButton>
                </>
              )}
            </div>
            <ChunkText chunk={chunk} />
          </li>
        ))}
      </ol>
      {chunks.data !== undefined && chunks.data.total_pages > 1 && (
        <p className="mt-3 flex items-center justify-center gap-3">
          <Button size="small" disabled={page === 1} onClick={() => setPage(page - 1)}>
            {t("knowledge.previous")}
          </Button>
          <span className="tabular text-muted">
            {page}/{chunks.data.total_pages}
          </span>
          <Button size="small" disabled={page >= chunks.data.total_pages} onClick={() => setPage(page + 1)}>
            {t("knowledge.next")}
          </Button>
        </p>
      )}
      {edited !== null && (
        <ChunkDialog path={path} chunk={edited === "new" ? null : edited} form={document.doc_form} onSaved={settle} onClose={() => setEdited(null)} />
      )}
      {removing !== null && (
        <ConfirmDialog
          title={t("knowledgeSetup.chunk.removeTitle", { position: removing.position })}
          text={t("knowledgeSetup.chunk.removeText")}
          action={t("knowledge.removeAction")}
          onClose={() => setRemoving(null)}
          onConfirm={() => change(call(api.DELETE("/datasets/{dataset_id}/documents/{document_id}/segments", { params: { path, query: { segment_id: [removing.id] } } })))}
        />
      )}
    </Drawer>
  );
}

function ChunkText({ chunk }: { chunk: Chunk }) {
  const { t } = useTranslation();
  const children = chunk.child_chunks ?? [];
  return (
    <>
      <p className="break-words whitespace-pre-wrap">{chunk.content}</p>
      {chunk.answer !== null && chunk.answer !== "" && <p className="mt-2 border-l-2 border-line pl-2 whitespace-pre-wrap text-muted">{chunk.answer}</p>}
      {chunk.keywords !== null && chunk.keywords.length > 0 && <p className="mt-2 text-12 text-muted">{chunk.keywords.join(" · ")}</p>}
      {children.length > 0 && (
        <details className="mt-2">
          <summary className="cursor-pointer text-12 text-muted">{t("knowledgeSetup.chunk.children", { count: children.length })}</summary>
          <ol className="mt-1 flex flex-col gap-1 border-l-2 border-line pl-2">
            {children.map((child) => (
              <li key={child.id} className="break-words whitespace-pre-wrap">
                {child.content}
              </li>
            ))}
          </ol>
        </details>
      )}
      {chunk.error !== null && <p className="mt-2 text-12 text-danger">{chunk.error}</p>}
    </>
  );
}

interface ChunkDialogProps {
  path: { dataset_id: string; document_id: string };
  /** Null: a new one. */
  chunk: Chunk | null;
  /** How the document is cut: `text_model`, `hierarchical_model`, `qa_model`. */
  form: string;
  onSaved: () => Promise<unknown>;
  onClose: () => void;
}

function ChunkDialog({ path, chunk, form, onSaved, onClose }: ChunkDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [content, setContent] = useState(chunk?.content ?? "");
  const [answer, setAnswer] = useState(chunk?.answer ?? "");
  const [keywords, setKeywords] = useState(chunk?.keywords ?? []);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const asks = form === "qa_model";
  const save = async (event: SyntheticEvent) => {
    event.preventDefault();
    setBusy(true);
    const body = { content, ...(asks ? { answer } : {}), ...(keywords.length > 0 || chunk !== null ? { keywords } : {}) };
    try {
      if (chunk === null) await call(api.POST("/datasets/{dataset_id}/documents/{document_id}/segment", { params: { path }, body }));
      else {
        await call(
          api.PATCH("/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}", {
            params: { path: { ...path, segment_id: chunk.id } },
            body: { ...body, regenerate_child_chunks: form === "hierarchical_model" && content !== chunk.content },
          }),
        );
      }
      await onSaved();
      onClose();
    } catch (failure) {
      setError(errorText(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="medium"
      title={chunk === null ? t("knowledgeSetup.chunk.add") : t("knowledgeSetup.chunk.editTitle", { position: chunk.position })}
      footer={
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" type="submit" form="chunk" busy={busy} disabled={content.trim() === "" || (asks && answer.trim() === "")}>
            {t("knowledgeSetup.chunk.save")}
          </Button>
        </div>
      }
    >
      <form id="chunk" className="flex flex-col gap-4" onSubmit={(event) => void save(event)}>
        <Field id="chunk-content" label={t(asks ? "knowledgeSetup.chunk.question" : "knowledgeSetup.chunk.content")} error={error}>
          <TextArea id="chunk-content" autoFocus rows={8} value={content} onChange={(event) => setContent(event.target.value)} />
        </Field>
        {asks && (
          <Field id="chunk-answer" label={t("knowledgeSetup.chunk.answer")}>
            <TextArea id="chunk-answer" rows={4} value={answer} onChange={(event) => setAnswer(event.target.value)} />
          </Field>
        )}
        <Field id="chunk-keywords" label={t("knowledgeSetup.chunk.keywords")} optional hint={t("knowledgeSetup.chunk.keywordsHint")}>
          <TagInput id="chunk-keywords" label={t("knowledgeSetup.chunk.keywords")} value={keywords} onChange={setKeywords} />
        </Field>
        {form === "hierarchical_model" && chunk !== null && <p className="text-12 text-muted">{t("knowledgeSetup.chunk.childrenAgain")}</p>}
      </form>
    </Dialog>
  );
}
