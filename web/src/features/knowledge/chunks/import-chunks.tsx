import { useMutation, useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Progress } from "@/ui/progress";
import { saveBlob } from "@/ui/save-as";
import { templateOf } from "./template";

const POLL_MS = 1000;

interface ImportChunksProps {
  path: { dataset_id: string; document_id: string };
  /** Whether chunks are questions with answers. */
  pairs: boolean;
  onDone: () => Promise<unknown>;
  onClose: () => void;
}

/** Adds the chunks of a CSV file to a document. Mounted means open. */
export function ImportChunks({ path, pairs, onDone, onClose }: ImportChunksProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [file, setFile] = useState<File | null>(null);
  const begin = useMutation({
    mutationFn: (chosen: File) => {
      const form = new FormData();
      form.append("file", chosen);
      return call(
        api.POST("/datasets/{dataset_id}/documents/{document_id}/segments/batch_import", { params: { path }, body: { file: "" }, bodySerializer: () => form }),
      );
    },
  });
  const template = () => saveBlob(new Blob([templateOf(pairs)], { type: "text/csv" }), t("knowledgeSetup.chunk.templateFile"));
  return (
    <Dialog
      open
      size="medium"
      onOpenChange={onClose}
      title={t("knowledgeSetup.chunk.importTitle")}
      description={t(pairs ? "knowledgeSetup.chunk.importPairs" : "knowledgeSetup.chunk.importText")}
      footer={
        begin.isSuccess ? (
          <Button variant="primary" onClick={onClose}>
            {t("common.close")}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("common.cancel")}</Button>
            <Button variant="primary" disabled={file === null} busy={begin.isPending} onClick={() => file !== null && begin.mutate(file)}>
              {t("knowledgeSetup.chunk.importStart")}
            </Button>
          </>
        )
      }
    >
      {begin.isSuccess ? (
        <ImportProgress jobId={begin.data.job_id} onDone={onDone} />
      ) : (
        <div className="flex flex-col gap-4">
          <Button className="self-start" icon={<Download size={16} strokeWidth={1.5} />} onClick={template}>
            {t("knowledgeSetup.chunk.template")}
          </Button>
          <Field id="chunks-file" label={t("knowledgeSetup.chunk.importFile")} error={begin.isError ? errorText(begin.error) : undefined}>
            <input
              id="chunks-file"
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

function ImportProgress({ jobId, onDone }: { jobId: string; onDone: () => Promise<unknown> }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const job = useQuery({
    queryKey: ["datasets", "import", jobId],
    queryFn: ({ signal }) => call(api.GET("/datasets/batch_import_status/{job_id}", { params: { path: { job_id: jobId } }, signal })),
    refetchInterval: ({ state: { data } }) => (data?.job_status === "completed" || data?.job_status === "error" ? false : POLL_MS),
  });
  const status = job.data?.job_status;
  const over = status === "completed" || status === "error";
  const settle = useEffectEvent(onDone);
  useEffect(() => {
    if (over) void settle();
  }, [over]);
  if (job.isError || status === "error") {
    return (
      <p role="alert" className="text-danger">
        {job.isError ? errorText(job.error) : t("knowledgeSetup.chunk.importFailed", { reason: job.data?.error ?? "" })}
      </p>
    );
  }
  const { done = 0, total = 0 } = job.data ?? {};
  return (
    <div role="status" className="flex flex-col gap-2">
      <p>{over ? t("knowledgeSetup.chunk.imported", { count: done }) : t("knowledgeSetup.chunk.importing", { done, total })}</p>
      <Progress label={t("knowledgeSetup.chunk.importTitle")} share={over ? 1 : total === 0 ? null : done / total} tone={over ? "ok" : "accent"} />
    </div>
  );
}
