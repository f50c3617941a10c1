import { useTranslation } from "react-i18next";
import type { JsonObject } from "@/api/json";
import { ModelSelector } from "@/features/model-picker/model-selector";
import { Row } from "@/features/workflow/panels/section";
import { Segmented } from "@/ui/segmented";
import { Slider } from "@/ui/slider";
import { Switch } from "@/ui/switch";

interface Weights {
  weight_type?: string;
  vector_setting?: { vector_weight?: number; embedding_provider_name?: string; embedding_model_name?: string };
  keyword_setting?: { keyword_weight?: number };
}

/** How several bases are searched together, as app files hold it. */
export interface MultipleRetrieval {
  top_k?: number;
  score_threshold?: number | null;
  reranking_mode?: string;
  reranking_enable?: boolean;
  reranking_model?: { provider?: string; model?: string } | null;
  weights?: Weights | JsonObject | null;
}

interface MultipleRetrievalFieldsProps {
  value: MultipleRetrieval;
  onChange: (value: MultipleRetrieval) => void;
  /** Of how many passages at most. */
  most?: number;
  disabled?: boolean;
}

/** How many passages are taken from several knowledge bases, and how they are put in order. */
export function MultipleRetrievalFields({ value: config, onChange, most = 20, disabled = false }: MultipleRetrievalFieldsProps) {
  const { t } = useTranslation();
  const change = (part: Partial<MultipleRetrieval>) => onChange({ top_k: 4, score_threshold: null, ...config, ...part });
  const weights = config.weights as Weights | null | undefined;
  const threshold = config.score_threshold ?? null;
  const ranking = config.reranking_enable === false ? "none" : config.reranking_mode === "weighted_score" ? "weighted_score" : "reranking_model";
  const weight = weights?.vector_setting?.vector_weight ?? 0.7;
  const weighted = (vector: number): Weights => ({
    ...weights,
    weight_type: "customized",
    vector_setting: { embedding_provider_name: "", embedding_model_name: "", ...weights?.vector_setting, vector_weight: vector },
    keyword_setting: { keyword_weight: Math.round((1 - vector) * 100) / 100 },
  });
  return (
    <>
      <Row label={t("panels.retrieval.topK")} stacked>
        <Slider label={t("panels.retrieval.topK")} value={config.top_k ?? 4} min={1} max={most} disabled={disabled} onChange={(top_k) => change({ top_k: top_k })} />
      </Row>
      <Switch label={t("panels.retrieval.threshold")} checked={threshold !== null} disabled={disabled} onChange={(on) => change({ score_threshold: on ? 0.5 : null })} />
      {threshold !== null && (
        <Slider label={t("panels.retrieval.threshold")} value={threshold} min={0} max={1} step={0.01} disabled={disabled} onChange={(score) => change({ score_threshold: score })} />
      )}
      <Row label={t("panels.retrieval.ranking")} stacked>
        <Segmented
          label={t("panels.retrieval.ranking")}
          value={ranking}
          disabled={disabled}
          onChange={(next) =>
            change(
              next === "none"
                ? { reranking_enable: false }
                : { reranking_enable: true, reranking_mode: next, ...(next === "weighted_score" && weights == null ? { weights: weighted(0.7) } : {}) },
            )
          }
          options={(["none", "reranking_model", "weighted_score"] as const).map((value) => ({ value, label: t(`panels.retrieval.${value}`) }))}
        />
      </Row>
      {ranking === "reranking_model" && (
        <ModelSelector
          kind="rerank"
          label={t("panels.retrieval.reranking_model")}
          provider={config.reranking_model?.provider ?? ""}
          name={config.reranking_model?.model ?? ""}
          disabled={disabled}
          onChoose={(provider, model) => change({ reranking_model: { provider: provider.provider, model: model.model } })}
        />
      )}
      {ranking === "weighted_score" && (
        <Row label={t("panels.retrieval.weight", { semantic: weight, keyword: Math.round((1 - weight) * 100) / 100 })} stacked>
          <Slider label={t("panels.retrieval.semantic")} value={weight} min={0} max={1} step={0.05} disabled={disabled} onChange={(vector) => change({ weights: weighted(vector) })} />
        </Row>
      )}
    </>
  );
}
