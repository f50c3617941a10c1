import { useQuery, useQueryClient } from "@tanstack/react-query";
import { FileUp, Pencil, Plus, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Drawer } from "@/ui/drawer";
import { TextInput } from "@/ui/field";
import { PicturedText } from "@/ui/pictured-text";
import { Switch } from "@/ui/switch";
import { showToast } from "@/ui/toast";
import { ChildChunks } from "./child-chunks";
import { ChunkDialog } from "./chunk-dialog";
import { ImportChunks } from "./import-chunks";

type Chunk = Schemas["SegmentShown"];

const PAGE_SIZE = 20;

interface ChunksProps {
  baseId: string;
  /** Its chunks can have summaries. */
  summarised: boolean;
  document: Schemas["DocumentShown"];
  editable: boolean;
  onClose: () => void;
}

/** The chunks of a document: found, read, and by who may edit added, changed, switched off and deleted. */
export function Chunks({ baseId, summarised, document, editable, onClose }: ChunksProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const path = { dataset_id: baseId, document_id: document.id };
  const [page, setPage] = useState(1);
  const [keyword, setKeyword] = useState("");
  const [edited, setEdited] = useState<Chunk | "new" | null>(null);
  const [removing, setRemoving] = useState<Chunk | null>(null);
  const [importing, setImporting] = useState(false);
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
        {mayAdd && (
          <IconButton label={t("knowledgeSetup.chunk.import")} onClick={() => setImporting(true)}>
            <FileUp size={16} strokeWidth={1.5} />
          </IconButton>
        )}
      </div>
      {chunks.error !== null && <p className="text-danger">{errorText(chunks.error)}</p>}
      {chunks.data?.total === 0 && <p className="text-muted">{t(keyword === "" ? "knowledgeSetup.chunk.none" : "knowledgeSetup.list.nothingFound")}</p>}
      <ol className="flex flex-col gap-3">
        {chunks.data?.data.map((chunk) => (
          <li key={chunk.id} className="rounded-card border border-line p-3">
            <div className="mb-1 flex min-h-8 items-center gap-3 text-12 text-muted">
              <span className="tabular">#{chunk.position}</span>
              <span className="tabular">{t("knowledgeSetup.list.chunkWords", { count: chunk.word_count })}</span>
              <span className="tabular flex-1">{t("knowledgeSetup.list.hits", { count: chunk.hit_count })}</span>
              {editable && (
                <>
                  {chunk.status === "completed" && (
                    <Switch bare label={t("knowledgeSetup.chunk.searched", { position: chunk.position })} checked={chunk.enabled} onChange={(on) => void switchTo(chunk, on)} />
                  )}
                  <IconButton label={t("knowledgeSetup.chunk.edit", { position: chunk.position })} disabled={!chunk.enabled} onClick={() => setEdited(chunk)}>
                    <Pencil size={16} strokeWidth={1.5} />
                  </IconButton>
                  <IconButton label={t("knowledgeSetup.chunk.remove", { position: chunk.position })} onClick={() => setRemoving(chunk)}>
                    <Trash2 size={16} strokeWidth={1.5} />
                  </IconButton>
                </>
              )}
            </div>
            {chunk.summary != null && (
              <p className="mb-2 border-l-2 border-accent pl-2 break-words whitespace-pre-wrap text-muted">
                <span className="sr-only">{t("knowledgeSetup.chunk.summary")}: </span>
                {chunk.summary}
              </p>
            )}
            <ChunkText chunk={chunk}>
              {document.doc_form === "hierarchical_model" && (
                <ChildChunks path={{ ...path, segment_id: chunk.id }} chunk={chunk} editable={mayAdd && chunk.enabled} onChanged={settle} />
              )}
            </ChunkText>
          </li>
        ))}
      </ol>
      {chunks.data !== undefined && chunks.data.total_pages > 1 && (
        <p className="mt-3 flex items-center justify-center gap-3">
          <Button size="small" disabled={page === 1} onClick={() => setPage(page - 1)}>
            {t("knowledgeSetup.list.previous")}
          </Button>
          <span className="tabular text-muted">
            {page}/{chunks.data.total_pages}
          </span>
          <Button size="small" disabled={page >= chunks.data.total_pages} onClick={() => setPage(page + 1)}>
            {t("knowledgeSetup.list.next")}
          </Button>
        </p>
      )}
      {edited !== null && (
        <ChunkDialog path={path} chunk={edited === "new" ? null : edited} form={document.doc_form} summarised={summarised} onSaved={settle} onClose={() => setEdited(null)} />
      )}
      {importing && <ImportChunks path={path} pairs={document.doc_form === "qa_model"} onDone={settle} onClose={() => setImporting(false)} />}
      {removing !== null && (
        <ConfirmDialog
          title={t("knowledgeSetup.chunk.removeTitle", { position: removing.position })}
          text={t("knowledgeSetup.chunk.removeText")}
          action={t("knowledgeSetup.list.removeAction")}
          onClose={() => setRemoving(null)}
          onConfirm={() => change(call(api.DELETE("/datasets/{dataset_id}/documents/{document_id}/segments", { params: { path, query: { segment_id: [removing.id] } } })))}
        />
      )}
    </Drawer>
  );
}

interface ChunkTextProps {
  chunk: Chunk;
  /** The children, of a parent. */
  children?: ReactNode;
}

function ChunkText({ chunk, children }: ChunkTextProps) {
  return (
    <>
      <p className="break-words whitespace-pre-wrap">
        <PicturedText text={chunk.content} />
      </p>
      {chunk.answer !== null && chunk.answer !== "" && <p className="mt-2 border-l-2 border-line pl-2 whitespace-pre-wrap text-muted">{chunk.answer}</p>}
      {chunk.keywords !== null && chunk.keywords.length > 0 && <p className="mt-2 text-12 text-muted">{chunk.keywords.join(" · ")}</p>}
      {children}
      {chunk.error !== null && <p className="mt-2 text-12 text-danger">{chunk.error}</p>}
    </>
  );
}
