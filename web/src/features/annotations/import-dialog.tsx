import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { annotationsKey, importQuery } from "./annotations-query";

/** Reads annotations from a CSV file, and tells which lines are left out. Mounted means open. */
export function ImportDialog({ appId, onClose }: { appId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const id = useId();
  const [file, setFile] = useState<File | null>(null);
  const begin = useMutation({
    mutationFn: (chosen: File) => {
      const form = new FormData();
      form.append("file", chosen);
      return call(api.POST("/apps/{app_id}/annotations/batch-import", { params: { path: { app_id: appId } }, body: { file: "" }, bodySerializer: () => form }));
    },
  });
  return (
    <Dialog
      open
      size="medium"
      onOpenChange={onClose}
      title={t("annotations.importTitle")}
      description={t("annotations.importText")}
      footer={
        begin.isSuccess ? (
          <Button variant="primary" onClick={onClose}>
            {t("common.close")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("common.cancel")}</Button>
            <Button variant="primary" disabled={file === null} busy={begin.isPending} onClick={() => file !== null && begin.mutate(file)}>
              {t("annotations.start")}
            </Button>
          </>
        )
      }
    >
      {begin.isSuccess ? (
        <Progress appId={appId} jobId={begin.data.job_id} />
      ) : (
        <div className="flex flex-col gap-4">
          <a href="/console/api/annotations/template" className="text-accent hover:underline">
            {t("annotations.template")}
          </a>
          <Field id={id} label={t("annotations.chooseFile")} error={begin.isError ? errorText(begin.error) : undefined}>
            <input
              id={id}
              type="file"
              accept=".csv,text/csv"
              onChange={(event) => {
                begin.reset();
                setFile(event.target.files?.[0] ?? null);
              }}
            />
          </Field>
        </div>
      )}
    </Dialog>
  );
}

function Progress({ appId, jobId }: { appId: string; jobId: string }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const job = useQuery(importQuery(appId, jobId));
  const skipped = job.data?.skipped ?? [];
  const over = job.data?.job_status === "completed";
  useEffect(() => {
    if (over) void queries.invalidateQueries({ queryKey: [...annotationsKey(appId), "list"] });
  }, [over, appId, queries]);
  if (job.isError || job.data?.job_status === "error") {
    return (
      <p role="alert" className="text-danger">
        {job.isError ? errorText(job.error) : job.data?.error_msg}
      </p>
    );
  }
  return (
    <div role="status" className="flex flex-col gap-3">
      <p>{over ? t("annotations.imported", { count: job.data?.done ?? 0 }) : t("annotations.importing", { done: job.data?.done ?? 0, total: job.data?.total ?? 0 })}</p>
      {skipped.length > 0 && (
        <section>
          <h3 className="mb-1 font-medium">{t("annotations.skipped")}</h3>
          <ul className="max-h-60 overflow-y-auto text-muted">
            {skipped.map((problem) => (
              <li key={problem.line}>{t("annotations.line", { line: problem.line, message: problem.message })}</li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
