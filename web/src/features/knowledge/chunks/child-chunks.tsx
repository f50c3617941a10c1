import { Pencil, Plus, Trash2 } from "lucide-react";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextArea } from "@/ui/field";
import { PicturedText } from "@/ui/pictured-text";

type Child = Schemas["ChildShown"];

interface ParentPath {
  dataset_id: string;
  document_id: string;
  segment_id: string;
}

interface ChildChunksProps {
  path: ParentPath;
  chunk: Schemas["SegmentShown"];
  editable: boolean;
  onChanged: () => Promise<unknown>;
}

/** The children of a parent chunk: what is searched, while the parent is what is read. */
export function ChildChunks({ path, chunk, editable, onChanged }: ChildChunksProps) {
  const { t } = useTranslation();
  const [edited, setEdited] = useState<Child | "new" | null>(null);
  const [removing, setRemoving] = useState<Child | null>(null);
  const children = chunk.child_chunks ?? [];
  const name = (child: Child) => ({ parent: chunk.position, position: child.position });
  return (
    <details className="mt-2">
      <summary className="cursor-pointer text-12 text-muted">{t("knowledgeSetup.chunk.children", { count: children.length })}</summary>
      <ol aria-label={t("knowledgeSetup.chunk.childrenOf", { position: chunk.position })} className="mt-1 flex flex-col gap-2 border-l-2 border-line pl-2">
        {children.map((child) => (
          <li key={child.id} className="flex items-start gap-1">
            <p className="min-w-0 flex-1 break-words whitespace-pre-wrap">
              <PicturedText text={child.content} />
            </p>
            {child.type === "customized" && <Badge>{t("knowledgeSetup.chunk.edited")}</Badge>}
            {editable && (
              <>
                <IconButton label={t("knowledgeSetup.chunk.editChild", name(child))} onClick={() => setEdited(child)}>
                  <Pencil size={14} strokeWidth={1.5} />
                </IconButton>
                <IconButton label={t("knowledgeSetup.chunk.removeChild", name(child))} onClick={() => setRemoving(child)}>
                  <Trash2 size={14} strokeWidth={1.5} />
                </IconButton>
              </>
            )}
          </li>
        ))}
      </ol>
      {editable && (
        <Button size="small" variant="quiet" className="mt-1" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => setEdited("new")}>
          {t("knowledgeSetup.chunk.addChild")}
        </Button>
      )}
      {edited !== null && <ChildDialog path={path} child={edited === "new" ? null : edited} onSaved={onChanged} onClose={() => setEdited(null)} />}
      {removing !== null && (
        <ConfirmDialog
          title={t("knowledgeSetup.chunk.removeChildTitle", name(removing))}
          text={t("knowledgeSetup.chunk.removeChildText")}
          action={t("knowledgeSetup.list.removeAction")}
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            await call(
              api.DELETE("/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks/{child_chunk_id}", {
                params: { path: { ...path, child_chunk_id: removing.id } },
              }),
            );
            await onChanged();
          }}
        />
      )}
    </details>
  );
}

interface ChildDialogProps {
  path: ParentPath;
  /** Null: a new one. */
  child: Child | null;
  onSaved: () => Promise<unknown>;
  onClose: () => void;
}

function ChildDialog({ path, child, onSaved, onClose }: ChildDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [content, setContent] = useState(child?.content ?? "");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const save = async (event: SyntheticEvent) => {
    event.preventDefault();
    setBusy(true);
    const body = { content };
    const parent = "/datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}/child_chunks";
    try {
      await (child === null
        ? call(api.POST(parent, { params: { path }, body }))
        : call(api.PATCH(`${parent}/{child_chunk_id}`, { params: { path: { ...path, child_chunk_id: child.id } }, body })));
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
      title={t(child === null ? "knowledgeSetup.chunk.addChild" : "knowledgeSetup.chunk.editChildTitle")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" type="submit" form="child-chunk" busy={busy} disabled={content.trim() === ""}>
            {t("knowledgeSetup.chunk.save")}
          </Button>
        </>
      }
    >
      <form id="child-chunk" onSubmit={(event) => void save(event)}>
        <Field id="child-content" label={t("knowledgeSetup.chunk.content")} error={error}>
          <TextArea {...fieldProps("child-content", error)} rows={6} autoFocus value={content} onChange={(event) => setContent(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
