import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, TextArea } from "@/ui/field";
import { showToast } from "@/ui/toast";
import { logKey, type LogMessage } from "./logs-query";

type Annotatable = Pick<LogMessage, "id" | "query" | "answer">;

interface MessageAnnotationProps {
  appId: string;
  message: Annotatable;
  annotation: Schemas["MessageAnnotation"] | undefined;
}

/** What annotations have to do with an answer, and the way to make one of it. */
export function MessageAnnotation({ appId, message, annotation }: MessageAnnotationProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const made = annotation?.made ?? null;
  return (
    <>
      {annotation?.given_by != null && <span className="text-12 text-muted">{t("logs.given", { name: annotation.given_by, score: (annotation.score ?? 1).toFixed(2) })}</span>}
      {made !== null && <span className="text-12 text-muted">{t("logs.annotationBy", { name: made.author })}</span>}
      <Button size="small" variant="quiet" onClick={() => setOpen(true)}>
        {t(made === null ? "logs.annotate" : "logs.editAnnotation")}
      </Button>
      {open && <AnnotationDialog appId={appId} message={message} made={made} onClose={() => setOpen(false)} />}
    </>
  );
}

interface AnnotationDialogProps {
  appId: string;
  message: Annotatable;
  made: Schemas["AnnotationShown"] | null;
  onClose: () => void;
}

function AnnotationDialog({ appId, message, made, onClose }: AnnotationDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const ids = { form: useId(), question: useId(), answer: useId() };
  const [question, setQuestion] = useState(made?.question ?? message.query);
  const [answer, setAnswer] = useState(made?.answer ?? message.answer);
  const done = async (text: string) => {
    showToast("ok", text);
    onClose();
    await queries.invalidateQueries({ queryKey: logKey(appId) });
  };
  const save = useMutation({
    mutationFn: () => call(api.POST("/apps/{app_id}/annotations", { params: { path: { app_id: appId } }, body: { question, answer, message_id: message.id } })),
    onSuccess: () => done(t("logs.annotationSaved")),
  });
  const remove = useMutation({
    mutationFn: () => call(api.DELETE("/apps/{app_id}/annotations", { params: { path: { app_id: appId }, query: { annotation_id: [made?.id ?? ""] } } })),
    onSuccess: () => done(t("logs.annotationRemoved")),
  });
  const complete = question.trim() !== "" && answer.trim() !== "";
  const failure = save.error ?? remove.error;
  return (
    <Dialog
      open
      size="medium"
      onOpenChange={onClose}
      title={t(made === null ? "logs.annotate" : "logs.editAnnotation")}
      description={t("logs.annotationText")}
      footer={
        <>
          {made !== null && (
            <Button className="mr-auto" busy={remove.isPending} onClick={() => remove.mutate()}>
              {t("logs.removeAnnotation")}
            </Button>
          )}
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" type="submit" form={ids.form} disabled={!complete} busy={save.isPending}>
            {t("logs.save")}
          </Button>
        </>
      }
    >
      <form
        id={ids.form}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (complete) save.mutate();
        }}
      >
        <Field id={ids.question} label={t("logs.question")}>
          <TextArea id={ids.question} value={question} onChange={(event) => setQuestion(event.target.value)} />
        </Field>
        <Field id={ids.answer} label={t("logs.answer")}>
          <TextArea id={ids.answer} className="min-h-32" value={answer} onChange={(event) => setAnswer(event.target.value)} />
        </Field>
        {failure !== null && (
          <p role="alert" className="text-danger">
            {errorText(failure)}
          </p>
        )}
      </form>
    </Dialog>
  );
}
