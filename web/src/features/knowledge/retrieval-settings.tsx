import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ModelSelector } from "@/features/model-picker/model-selector";
import { pickerQuery, type ModelKind } from "@/features/model-picker/models";
import { RadioCards } from "@/ui/radio-cards";
import { Segmented } from "@/ui/segmented";
import { Slider } from "@/ui/slider";
import { Switch } from "@/ui/switch";
import { rankingOf, weightOf, withMethod, withRanking, withWeight, wordsWeight, type Ranking, type Retrieval } from "./retrieval";

const METHODS = ["semantic_search", "full_text_search", "hybrid_search"] as const;
const MOST = 100;

interface RetrievalSettingsProps {
  value: Retrieval;
  onChange: (value: Retrieval) => void;
  /** Finds by keywords alone: there is no method, order or score to set. */
  economy?: boolean;
  disabled?: boolean;
  /** Stands in a column: choices lie below each other. */
  narrow?: boolean;
}

/** How one knowledge base is searched: by meaning, words or both, in which order, how much and how good. */
export function RetrievalSettings({ value, onChange, economy = false, disabled = false, narrow = false }: RetrievalSettingsProps) {
  const { t } = useTranslation();
  const hybrid = value.search_method === "hybrid_search";
  const ranking = rankingOf(value);
  const rankings: Ranking[] = hybrid ? ["weighted_score", "reranking_model"] : ["none", "reranking_model"];
  const topK = (
    <div>
      <p className="font-medium">{t("knowledgeSetup.retrieval.topK")}</p>
      <Slider label={t("knowledgeSetup.retrieval.topK")} value={value.top_k ?? 4} min={1} max={MOST} disabled={disabled} onChange={(top_k) => onChange({ ...value, top_k })} />
    </div>
  );
  if (economy) {
    return (
      <div className="flex flex-col gap-3">
        <p className="text-muted">{t("knowledgeSetup.retrieval.economy")}</p>
        {topK}
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-4">
      <RadioCards
        label={t("knowledgeSetup.retrieval.method")}
        value={METHODS.find((each) => each === value.search_method) ?? "semantic_search"}
        onChange={(method) => onChange(withMethod(value, method))}
        columns={narrow ? 1 : 3}
        options={METHODS.map((each) => ({
          value: each,
          title: t(`knowledgeSetup.list.methods.${each}`),
          text: t(`knowledgeSetup.retrieval.about.${each}`),
          disabled,
        }))}
      />
      <div className="flex flex-col gap-2">
        <p className="font-medium">{t("knowledgeSetup.retrieval.order")}</p>
        <Segmented
          label={t("knowledgeSetup.retrieval.order")}
          value={ranking}
          disabled={disabled}
          onChange={(next) => onChange(withRanking(value, next))}
          options={rankings.map((each) => ({ value: each, label: t(`knowledgeSetup.retrieval.${each}`) }))}
        />
        {ranking === "reranking_model" && (
          <>
            <ModelSelector
              kind="rerank"
              label={t("knowledgeSetup.retrieval.reranking_model")}
              provider={value.reranking_model?.reranking_provider_name ?? ""}
              name={value.reranking_model?.reranking_model_name ?? ""}
              disabled={disabled}
              onChoose={(provider, model) =>
                onChange({ ...value, reranking_model: { reranking_provider_name: provider.provider, reranking_model_name: model.model } })
              }
            />
            <NoModel kind="rerank" />
          </>
        )}
        {ranking === "weighted_score" && (
          <>
            <p className="tabular text-12 text-muted">
              {t("knowledgeSetup.retrieval.weight", { meaning: weightOf(value), words: wordsWeight(weightOf(value)) })}
            </p>
            <Slider
              label={t("knowledgeSetup.retrieval.meaningWeight")}
              value={weightOf(value)}
              min={0}
              max={1}
              step={0.05}
              disabled={disabled}
              onChange={(weight) => onChange(withWeight(value, weight))}
            />
          </>
        )}
      </div>
      {topK}
      <Switch
        label={t("knowledgeSetup.retrieval.threshold")}
        hint={t("knowledgeSetup.retrieval.thresholdHint")}
        checked={value.score_threshold_enabled ?? false}
        disabled={disabled}
        onChange={(on) => onChange({ ...value, score_threshold_enabled: on, score_threshold: value.score_threshold ?? 0.5 })}
      />
      {value.score_threshold_enabled === true && (
        <Slider
          label={t("knowledgeSetup.retrieval.threshold")}
          value={value.score_threshold ?? 0.5}
          min={0}
          max={1}
          step={0.01}
          disabled={disabled}
          onChange={(score_threshold) => onChange({ ...value, score_threshold })}
        />
      )}
    </div>
  );
}

/** Says that the workspace has no model of a kind, and where to add one. */
export function NoModel({ kind }: { kind: Extract<ModelKind, "rerank" | "text-embedding"> }) {
  const { t } = useTranslation();
  const { data } = useQuery(pickerQuery(kind));
  if (data === undefined || data.data.some((provider) => provider.models.length > 0)) return null;
  return (
    <p className="text-danger">
      {t(`knowledgeSetup.noModel.${kind}`)}{" "}
      <a href="/settings/models" className="underline">
        {t("knowledgeSetup.noModel.add")}
      </a>
    </p>
  );
}
