import { FileUp } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, csrfToken, type Schemas } from "@/api/client";
import { sendFile } from "@/api/upload";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Segmented } from "@/ui/segmented";
import { showToast } from "@/ui/toast";

type Technique = "high_quality" | "economy";

/** Files taken in by the automatic rule, with no more questions. */
export function AddFiles({ base, onAdded }: { base: Schemas["DatasetShown"]; onAdded: () => Promise<unknown> }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [technique, setTechnique] = useState<Technique>("high_quality");
  const first = base.indexing_technique === null;
  const add = async (files: readonly File[]) => {
    if (files.length === 0) return;
    setBusy(true);
    const headers = { "X-CSRF-Token": csrfToken() };
    try {
      const sent = await Promise.all(files.map((file) => sendFile("/console/api/files/upload?source=datasets", headers, file, () => undefined, new AbortController().signal)));
      await call(
        api.POST("/datasets/{dataset_id}/documents", {
          params: { path: { dataset_id: base.id } },
          body: {
            data_source: { type: "upload_file", info_list: { data_source_type: "upload_file", file_info_list: { file_ids: sent.map((file) => file.id) } } },
            process_rule: { mode: "automatic" },
            ...(first ? { indexing_technique: technique } : {}),
          },
        }),
      );
      await onAdded();
    } catch (error) {
      showToast("danger", errorText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div
      className="flex flex-wrap items-center gap-3 rounded-card border border-dashed border-line-strong p-4"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void add([...event.dataTransfer.files]);
      }}
    >
      <p className="min-w-48 flex-1 text-muted">{t("knowledge.drop")}</p>
      {first && (
        <Segmented
          label={t("knowledge.technique")}
          value={technique}
          onChange={setTechnique}
          options={[
            { value: "high_quality", label: t("knowledge.byMeaning") },
            { value: "economy", label: t("knowledge.byKeywords") },
          ]}
        />
      )}
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t("knowledge.addFiles")}
        onChange={(event) => {
          void add([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      <Button busy={busy} icon={<FileUp size={16} strokeWidth={1.5} />} onClick={() => input.current?.click()}>
        {t("knowledge.addFiles")}
      </Button>
    </div>
  );
}
