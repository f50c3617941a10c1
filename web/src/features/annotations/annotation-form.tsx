import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Dialog } from "@/ui/dialog";
import { Field, TextArea } from "@/ui/field";
import { showToast } from "@/ui/toast";

interface AnnotationFormProps {
  appId: string;
  onSaved: () => unknown;
  onClose: () => void;
}

/** Writes an annotation, and perhaps another one. Mounted means open. */
export function AnnotationForm({ appId, onSaved, onClose }: AnnotationFormProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const ids = { form: useId(), question: useId(), answer: useId() };
  const [question, setQuestion] = useState("");
  const [answer, setAnswer] = useState("");
  const [another, setAnother] = useState(false);
  const save = useMutation({
    mutationFn: () => call(api.POST("/apps/{app_id}/annotations", { params: { path: { app_id: appId } }, body: { question, answer } })),
    onSuccess: () => {
      showToast("ok", t("annotations.saved"));
      void onSaved();
      setQuestion("");
      setAnswer("");
      if (!another) onClose();
    },
  });
  const complete = question.trim() !== "" && answer.trim() !== "";
  return (
    <Dialog
      open
      size="medium"
      onOpenChange={onClose}
      title={t("annotations.addTitle")}
      footer={
        <>
          <span className="mr-auto">
            <Checkbox label={t("annotations.another")} checked={another} onChange={setAnother} />
          </span>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" type="submit" form={ids.form} disabled={!complete} busy={save.isPending}>
            {t("annotations.save")}
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
        <Field id={ids.question} label={t("annotations.question")}>
          <TextArea id={ids.question} autoFocus maxLength={10_000} value={question} onChange={(event) => setQuestion(event.target.value)} />
        </Field>
        <Field id={ids.answer} label={t("annotations.answer")}>
          <TextArea id={ids.answer} className="min-h-32" maxLength={100_000} value={answer} onChange={(event) => setAnswer(event.target.value)} />
        </Field>
        {save.isError && (
          <p role="alert" className="text-danger">
            {errorText(save.error)}
          </p>
        )}
      </form>
    </Dialog>
  );
}
