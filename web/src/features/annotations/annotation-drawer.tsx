import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useSourceName } from "@/features/run-log/source-name";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Drawer } from "@/ui/drawer";
import { Field, TextArea } from "@/ui/field";
import { Time } from "@/ui/time";
import { showToast } from "@/ui/toast";
import { annotationsKey, hitsQuery, type Annotation } from "./annotations-query";

interface AnnotationDrawerProps {
  appId: string;
  annotation: Annotation;
  onClose: () => void;
}

/** An annotation to change, and what it answered. */
export function AnnotationDrawer({ appId, annotation, onClose }: AnnotationDrawerProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const ids = { question: useId(), answer: useId() };
  const [question, setQuestion] = useState(annotation.question);
  const [answer, setAnswer] = useState(annotation.answer);
  const [deleting, setDeleting] = useState(false);
  const path = { app_id: appId, annotation_id: annotation.id };
  const refresh = () => queries.invalidateQueries({ queryKey: annotationsKey(appId) });
  const save = useMutation({
    mutationFn: () => call(api.POST("/apps/{app_id}/annotations/{annotation_id}", { params: { path }, body: { question, answer } })),
    onSuccess: () => {
      showToast("ok", t("annotations.saved"));
      return refresh();
    },
  });
  const changed = question !== annotation.question || answer !== annotation.answer;
  const complete = question.trim() !== "" && answer.trim() !== "";
  return (
    <Drawer
      open
      onOpenChange={onClose}
      title={t("annotations.open")}
      actions={
        <IconButton label={t("annotations.remove")} onClick={() => setDeleting(true)}>
          <Trash2 size={16} strokeWidth={1.5} />
        </IconButton>
      }
    >
      <div className="flex flex-col gap-6">
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (complete) save.mutate();
          }}
        >
          <Field id={ids.question} label={t("annotations.question")}>
            <TextArea id={ids.question} maxLength={10_000} value={question} onChange={(event) => setQuestion(event.target.value)} />
          </Field>
          <Field id={ids.answer} label={t("annotations.answer")}>
            <TextArea id={ids.answer} className="min-h-32" maxLength={100_000} value={answer} onChange={(event) => setAnswer(event.target.value)} />
          </Field>
          {save.isError && (
            <p role="alert" className="text-danger">
              {errorText(save.error)}
            </p>
          )}
          <div className="flex items-center gap-3">
            <Button type="submit" variant="primary" disabled={!changed || !complete} busy={save.isPending}>
              {t("annotations.save")}
            </Button>
            {annotation.conversation_id !== null && (
              <Link to="/app/$appId/logs" params={{ appId }} search={{ open: annotation.conversation_id, period: "all" }} className="text-accent hover:underline">
                {t("annotations.fromConversation")}
              </Link>
            )}
          </div>
        </form>
        <Hits appId={appId} annotation={annotation} />
      </div>
      {deleting && (
        <ConfirmDialog
          title={t("annotations.removeTitle")}
          text={t("annotations.removeText")}
          action={t("common.delete")}
          onClose={() => setDeleting(false)}
          onConfirm={async () => {
            await call(api.DELETE("/apps/{app_id}/annotations/{annotation_id}", { params: { path } }));
            onClose();
            await refresh();
          }}
        />
      )}
    </Drawer>
  );
}

function Hits({ appId, annotation }: { appId: string; annotation: Annotation }) {
  const { t } = useTranslation();
  const sourceName = useSourceName();
  const hits = useInfiniteQuery(hitsQuery(appId, annotation.id));
  const shown = hits.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section>
      <h3 className="mb-2 font-semibold">{t("annotations.history", { count: annotation.hit_count })}</h3>
      {hits.isSuccess && shown.length === 0 && <p className="text-muted">{t("annotations.noHits")}</p>}
      <ul className="flex flex-col gap-3">
        {shown.map((hit) => (
          <li key={hit.id} className="rounded-card border border-line p-3">
            <p className="font-medium break-words">{hit.question}</p>
            {hit.match !== hit.question && (
              <p className="text-12 text-muted">
                {t("annotations.matched")}: {hit.match}
              </p>
            )}
            <p className="mt-1 line-clamp-3 break-words text-muted">{hit.response}</p>
            <p className="tabular mt-1 flex flex-wrap gap-x-3 text-12 text-muted">
              <span>{t("annotations.score", { score: hit.score.toFixed(2) })}</span>
              <span>{sourceName(hit.source)}</span>
              <Time at={hit.created_at} />
            </p>
          </li>
        ))}
      </ul>
      {hits.hasNextPage && (
        <Button className="mt-3" size="small" busy={hits.isFetchingNextPage} onClick={() => void hits.fetchNextPage()}>
          {t("common.loadMore")}
        </Button>
      )}
    </section>
  );
}
