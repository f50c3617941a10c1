import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, TextArea } from "@/ui/field";
import { RadioCards } from "@/ui/radio-cards";
import { TagInput } from "@/ui/tag-input";

type Chunk = Schemas["SegmentShown"];

interface ChunkDialogProps {
  path: { dataset_id: string; document_id: string };
  /** Null: a new one. */
  chunk: Chunk | null;
  /** How the document is cut: `text_model`, `hierarchical_model`, `qa_model`. */
  form: string;
  /** Chunks of its base can have summaries. */
  summarised: boolean;
  onSaved: () => Promise<unknown>;
  onClose: () => void;
}

/** Adds or edits a chunk; of a parent that says something else it asks what becomes of its children. */
export function ChunkDialog({ path, chunk, form, summarised, onSaved, onClose }: ChunkDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [content, setContent] = useState(chunk?.content ?? "");
  const [answer, setAnswer] = useState(chunk?.answer ?? "");
  const [keywords, setKeywords] = useState(chunk?.keywords ?? []);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [cutAgain, setCutAgain] = useState(!handMade(chunk));
  const asks = form === "qa_model";
  const [summary, setSummary] = useState(chunk?.summary ?? "");
  const asksForChildren = form === "hierarchical_model" && chunk !== null && content.trim() !== chunk.content.trim();
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
            body: { ...body, ...(summary.trim() !== (chunk.summary ?? "") ? { summary } : {}), regenerate_child_chunks: asksForChildren && cutAgain },
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
        {summarised && chunk !== null && (
          <Field id="chunk-summary" label={t("knowledgeSetup.chunk.summary")} optional hint={t("knowledgeSetup.chunk.summaryHint")}>
            <TextArea id="chunk-summary" rows={3} value={summary} onChange={(event) => setSummary(event.target.value)} />
          </Field>
        )}
        <Field id="chunk-keywords" label={t("knowledgeSetup.chunk.keywords")} optional hint={t("knowledgeSetup.chunk.keywordsHint")}>
          <TagInput id="chunk-keywords" label={t("knowledgeSetup.chunk.keywords")} value={keywords} onChange={setKeywords} />
        </Field>
        {asksForChildren && (
          <div className="flex flex-col gap-2">
            <p className="font-medium">{t("knowledgeSetup.chunk.whatOfChildren")}</p>
            <RadioCards
              label={t("knowledgeSetup.chunk.whatOfChildren")}
              columns={2}
              value={cutAgain ? "again" : "keep"}
              onChange={(choice) => setCutAgain(choice === "again")}
              options={[
                { value: "again", title: t("knowledgeSetup.chunk.cutChildren"), text: t(handMade(chunk) ? "knowledgeSetup.chunk.cutChildrenLoses" : "knowledgeSetup.chunk.cutChildrenText") },
                { value: "keep", title: t("knowledgeSetup.chunk.keepChildren"), text: t("knowledgeSetup.chunk.keepChildrenText") },
              ]}
            />
          </div>
        )}
      </form>
    </Dialog>
  );
}

/** Whether people wrote or changed children of a chunk. */
function handMade(chunk: Chunk | null): boolean {
  return chunk?.child_chunks?.some((child) => child.type === "customized") ?? false;
}
