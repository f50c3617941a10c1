import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Slider } from "@/ui/slider";
import { Switch } from "@/ui/switch";

type External = Schemas["ExternalRetrieval"];

interface ExternalRetrievalSettingsProps {
  value: External;
  onChange: (value: External) => void;
}

/** What is asked of another server: how many passages, and how good ones. */
export function ExternalRetrievalSettings({ value, onChange }: ExternalRetrievalSettingsProps) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-4">
      <div>
        <p className="font-medium">{t("knowledgeSetup.retrieval.topK")}</p>
        <Slider label={t("knowledgeSetup.retrieval.topK")} value={value.top_k ?? 4} min={1} max={100} onChange={(top_k) => onChange({ ...value, top_k })} />
      </div>
      <Switch
        label={t("knowledgeSetup.retrieval.threshold")}
        hint={t("knowledgeSetup.retrieval.thresholdHint")}
        checked={value.score_threshold_enabled ?? false}
        onChange={(score_threshold_enabled) => onChange({ ...value, score_threshold_enabled, score_threshold: value.score_threshold ?? 0.5 })}
      />
      {value.score_threshold_enabled === true && (
        <Slider
          label={t("knowledgeSetup.retrieval.threshold")}
          value={value.score_threshold ?? 0.5}
          min={0}
          max={1}
          step={0.01}
          onChange={(score_threshold) => onChange({ ...value, score_threshold })}
        />
      )}
    </div>
  );
}
