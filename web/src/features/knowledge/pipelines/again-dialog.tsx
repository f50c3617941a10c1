import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import type { JsonObject } from "@/api/json";
import { InputForm } from "@/features/input-form/input-form";
import { useInputForm } from "@/features/input-form/use-input-form";
import { consoleUploads } from "@/features/workflow/running/start-fields";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Spinner } from "@/ui/spinner";
import { formOf } from "./questions";

interface AgainDialogProps {
  baseId: string;
  document: { id: string; name: string };
  onBegun: () => void;
  onClose: () => void;
}

/** Makes a document anew from its source: with what was answered then, or with other answers. */
export function AgainDialog({ baseId, document, onBegun, onClose }: AgainDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const log = useQuery({
    queryKey: ["datasets", "execution-log", baseId, document.id],
    queryFn: ({ signal }) =>
      call(api.GET("/datasets/{dataset_id}/documents/{document_id}/pipeline-execution-log", { params: { path: { dataset_id: baseId, document_id: document.id } }, signal })),
    gcTime: 0,
    retry: false,
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("pipelines.again.title", { name: document.name })} description={t("pipelines.again.text")}>
      {log.error !== null ? (
        <p className="text-danger">{errorText(log.error)}</p>
      ) : log.data === undefined ? (
        <Spinner />
      ) : (
        <Again log={log.data} baseId={baseId} documentId={document.id} onBegun={onBegun} onClose={onClose} />
      )}
    </Dialog>
  );
}

interface AgainProps {
  log: Schemas["ExecutionLog"];
  baseId: string;
  documentId: string;
  onBegun: () => void;
  onClose: () => void;
}

function Again({ log, baseId, documentId, onBegun, onClose }: AgainProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [form] = useState(() => formOf(log.user_input_variables));
  const [kept] = useState(() => log.inputs as JsonObject);
  const state = useInputForm(form, kept);
  const run = useMutation({
    mutationFn: (inputs: JsonObject) =>
      call(api.POST("/datasets/{dataset_id}/documents/{document_id}/pipeline-run", { params: { path: { dataset_id: baseId, document_id: documentId } }, body: { inputs } })),
    onSuccess: () => {
      onBegun();
      onClose();
    },
  });
  const { source_url: page, title } = log.datasource_info as JsonObject;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const inputs = state.submit();
        // Files cannot be shown again in a form; those that were given stay.
        if (inputs !== null) run.mutate({ ...filesOf(kept), ...inputs });
      }}
    >
      <p className="min-w-0 break-words text-muted">
        {t(`pipelines.source.kinds.${log.datasource_type as "local_file"}`)}
        {typeof page === "string" && ` · ${typeof title === "string" && title !== "" ? `${title}, ` : ""}${page}`}
      </p>
      {form.length === 0 && <p>{t("pipelines.again.nothingAsked")}</p>}
      <InputForm client={consoleUploads} system={null} fields={state.fields} values={state.values} problems={state.problems} onChange={state.change} />
      {run.error !== null && (
        <p role="alert" className="text-danger">
          {errorText(run.error)}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("common.cancel")}</Button>
        <Button type="submit" variant="primary" busy={run.isPending}>
          {t("pipelines.again.run")}
        </Button>
      </div>
    </form>
  );
}

function filesOf(inputs: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => typeof value === "object" && value !== null));
}
