import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SendForm } from "@/features/apps/send-form";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { showToast } from "@/ui/toast";
import { useSaving, useWorkflow } from "../store";
import { workflowApi } from "../store/api";

interface ImportDialogProps {
  /** Downloads the draft as it is. */
  onBackup: () => Promise<void>;
  onClose: () => void;
}

/** Puts an app file in the place of the draft. */
export function ImportDialog({ onBackup, onClose }: ImportDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const saving = useSaving();
  const appId = useWorkflow((state) => state.appId);
  const mode = useWorkflow((state) => state.mode);
  const [file, setFile] = useState<File | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const overwrite = async () => {
    if (file === null || busy) return;
    setBusy(true);
    setError(null);
    try {
      await saving.flush();
      const answer = await workflowApi.importOver(appId, mode, await file.text());
      const done = answer.status === "pending" ? await workflowApi.confirmImport(answer.id) : answer;
      if (done.status === "failed") throw new Error(done.error);
      saving.accept(await workflowApi.draft(appId));
      await queries.invalidateQueries({ queryKey: ["draft-check", appId] });
      showToast("ok", t(done.status === "completed" ? "workflow.import.done" : "workflow.import.doneOlder"));
      onClose();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("workflow.commands.importFile")} description={t("workflow.import.text")}>
      <SendForm id="import-over" className="flex flex-col gap-3" onSend={() => void overwrite()}>
        <Button className="self-start" onClick={() => void onBackup()}>
          {t("workflow.import.backup")}
        </Button>
        <label className="flex flex-col gap-1 font-medium">
          {t("workflow.import.file")}
          <input type="file" accept=".yml,.yaml" className="font-normal" onChange={(event) => setFile(event.target.files?.[0] ?? null)} />
        </label>
        {error !== null && (
          <p role="alert" className="text-danger">
            {errorText(error)}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" variant="danger" busy={busy} disabled={file === null}>
            {t("workflow.import.overwrite")}
          </Button>
        </div>
      </SendForm>
    </Dialog>
  );
}
