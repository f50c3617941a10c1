import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { ModelSelector } from "@/features/model-picker/model-selector";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Field, TextArea } from "@/ui/field";
import { Switch } from "@/ui/switch";
import { showToast } from "@/ui/toast";
import type { Summaries } from "./summaries";

const LONGEST_PROMPT = 4000;

interface SummarySettingsProps {
  base: Schemas["DatasetShown"];
  value: Summaries;
  onChange: (value: Summaries) => void;
}

/** Whether chunks are summarised, by which model and how; and what becomes of the documents that are there. */
export function SummarySettings({ base, value, onChange }: SummarySettingsProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [removing, setRemoving] = useState(false);
  const kept = base.summary_index_setting;
  const path = { dataset_id: base.id };
  const summarise = async (anew: boolean) => {
    try {
      await call(api.POST("/datasets/{dataset_id}/documents/generate-summary", { params: { path }, body: { document_list: [], anew } }));
      showToast("ok", t("knowledgeSetup.summaries.begun"));
      await queries.invalidateQueries({ queryKey: ["datasets"] });
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  return (
    <section className="flex flex-col gap-3">
      <Switch label={t("knowledgeSetup.summaries.title")} hint={t("knowledgeSetup.summaries.hint")} checked={value.enable} onChange={(enable) => onChange({ ...value, enable })} />
      {value.enable && (
        <>
          <div className="flex flex-col gap-1">
            <p className="font-medium">{t("knowledgeSetup.summaries.model")}</p>
            <div className="flex max-w-120">
              <ModelSelector
                label={t("knowledgeSetup.summaries.model")}
                provider={value.model_provider_name ?? ""}
                name={value.model_name ?? ""}
                onChoose={(provider, chosen) => onChange({ ...value, model_provider_name: provider.provider, model_name: chosen.model })}
              />
            </div>
            {!value.model_name && <p className="text-12 text-muted">{t("knowledgeSetup.summaries.modelHint")}</p>}
          </div>
          <Field id="summary-prompt" label={t("knowledgeSetup.summaries.prompt")} optional hint={t("knowledgeSetup.summaries.promptHint")}>
            <TextArea id="summary-prompt" rows={3} maxLength={LONGEST_PROMPT} value={value.summary_prompt ?? ""} onChange={(event) => onChange({ ...value, summary_prompt: event.target.value })} />
          </Field>
          {base.document_count > 0 && kept?.enable !== true && <p className="text-12 text-muted">{t("knowledgeSetup.summaries.later")}</p>}
        </>
      )}
      {kept != null && base.document_count > 0 && (
        <p className="flex flex-wrap gap-2">
          {kept.enable === true && value.enable && (
            <>
              <Button size="small" onClick={() => void summarise(false)}>
                {t("knowledgeSetup.summaries.missing")}
              </Button>
              <Button size="small" onClick={() => void summarise(true)}>
                {t("knowledgeSetup.summaries.anew")}
              </Button>
            </>
          )}
          <Button size="small" onClick={() => setRemoving(true)}>
            {t("knowledgeSetup.summaries.remove")}
          </Button>
        </p>
      )}
      {removing && (
        <ConfirmDialog
          title={t("knowledgeSetup.summaries.removeTitle")}
          text={t("knowledgeSetup.summaries.removeText")}
          action={t("knowledgeSetup.list.removeAction")}
          onClose={() => setRemoving(false)}
          onConfirm={async () => {
            try {
              await call(api.DELETE("/datasets/{dataset_id}/summaries", { params: { path } }));
              onChange({ ...value, enable: false });
              await queries.invalidateQueries({ queryKey: ["datasets"] });
            } catch (error) {
              showToast("danger", errorText(error));
            }
          }}
        />
      )}
    </section>
  );
}
