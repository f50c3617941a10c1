import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { Button } from "@/ui/button";
import { documentsKey, type DocumentWork } from "./document-work";

/** Tells which documents the server switched off because nobody had used their base, and brings them back. */
export function UnusedNotice({ work, editable }: { work: DocumentWork; editable: boolean }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const { data } = useQuery({
    queryKey: [...documentsKey(work.baseId), "unused"],
    queryFn: ({ signal }) => call(api.GET("/datasets/{dataset_id}/auto-disable-logs", { params: { path: { dataset_id: work.baseId } }, signal })),
  });
  if (data === undefined || data.count === 0) return null;
  return (
    <div role="status" className="flex flex-wrap items-center gap-3 rounded-card bg-warn/10 px-3 py-2">
      <p className="min-w-0 flex-1">{t("documents.unused", { count: data.count })}</p>
      {editable && (
        <Button
          size="small"
          busy={busy}
          onClick={() => {
            setBusy(true);
            void work.setState(data.document_ids, "enable").finally(() => setBusy(false));
          }}
        >
          {t("documents.useAgain")}
        </Button>
      )}
    </div>
  );
}
