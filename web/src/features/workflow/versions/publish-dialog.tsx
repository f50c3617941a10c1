import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SendForm } from "@/features/apps/send-form";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { showToast } from "@/ui/toast";
import { useCanvasStore } from "../canvas/ui";
import type { ListedProblem } from "../checklist/problems";
import { useSaving, useWorkflow } from "../store";
import { workflowApi } from "../store/api";
import { MarkFields } from "./versions-panel";

/** Publishes the draft as a version, with a name and notes if one likes. */
export function PublishDialog({ problems, onClose }: { problems: readonly ListedProblem[]; onClose: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const saving = useSaving();
  const canvas = useCanvasStore();
  const appId = useWorkflow((state) => state.appId);
  const [name, setName] = useState("");
  const [notes, setNotes] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const first = problems.find((problem) => problem.severity === "error");
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      if (!(await saving.flush())) {
        setError(saving.state.getState().error ?? new Error(t("workflow.publish.unsaved")));
        return;
      }
      await workflowApi.publish(appId, { marked_name: name.trim(), marked_comment: notes.trim() });
      await Promise.all(["published", "versions"].map((key) => queries.invalidateQueries({ queryKey: [key, appId] })));
      showToast("ok", t("workflow.publish.done"));
      onClose();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("workflow.publish.title")} description={t("workflow.publish.text")}>
      <SendForm id="publish-flow" className="flex flex-col gap-3" onSend={() => void submit()}>
        <MarkFields name={name} notes={notes} onName={setName} onNotes={setNotes} />
        {first !== undefined && (
          <div className="rounded-control bg-warn-soft p-3">
            <p>{first.message}</p>
            <Button
              size="small"
              className="mt-2"
              onClick={() => {
                onClose();
                canvas.setState({ panel: "checklist" });
              }}
            >
              {t("workflow.publish.openChecklist", { count: problems.length })}
            </Button>
          </div>
        )}
        {error !== null && (
          <p role="alert" className="text-danger">
            {errorText(error)}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" variant="primary" busy={busy}>
            {t("workflow.commands.publish")}
          </Button>
        </div>
      </SendForm>
    </Dialog>
  );
}
