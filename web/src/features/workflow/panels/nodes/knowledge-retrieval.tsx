import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { NumberSlider } from "@/features/editors/number-slider";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { Segments } from "@/features/editors/segments";
import { Switch } from "@/features/editors/switch";
import { TagsInput } from "@/features/editors/tags-input";
import { freshId } from "@/features/conditions/conditions";
import { ModelField } from "@/features/model-picker/model-field";
import { ModelSelector } from "@/features/model-picker/model-selector";
import type { ModelSettings } from "@/features/model-picker/models";
import { BasesPicker } from "@/features/schema-form/bases-picker";
import { VariableField } from "@/features/variables/variable-field";
import { Button, IconButton } from "@/ui/button";
import { Select } from "@/features/editors/native-select";
import { TextInput } from "@/ui/field";
import type { Selector } from "../../graph/types";
import { usePanel } from "../panel-context";
import { Folded, Row, Section } from "../section";
import { withItem, withoutItem } from "./shared";

interface Weights {
  weight_type?: string;
  vector_setting?: { vector_weight?: number; embedding_provider_name?: string; embedding_model_name?: string };
  keyword_setting?: { keyword_weight?: number };
}

interface Multiple {
  top_k?: number;
  score_threshold?: number | null;
  reranking_mode?: string;
  reranking_enable?: boolean;
  reranking_model?: { provider?: string; model?: string } | null;
  weights?: Weights | null;
}

interface MetadataCondition {
  id?: string;
  name?: string;
  metadata_id?: string;
  comparison_operator?: string;
  value?: string | number | string[] | null;
}

interface RetrievalData {
  query_variable_selector: Selector | null;
  query_attachment_selector: Selector | null;
  dataset_ids: string[];
  retrieval_mode: string;
  multiple_retrieval_config: Multiple | null;
  single_retrieval_config: { model?: ModelSettings } | null;
  metadata_filtering_mode: string;
  metadata_model_config: ModelSettings | null;
  metadata_filtering_conditions: { logical_operator?: string; conditions?: MetadataCondition[] } | null;
}

const MODES = ["disabled", "automatic", "manual"] as const;
const OPERATORS = [
  "contains", "not contains", "start with", "end with", "is", "is not", "in", "not in", "empty", "not empty",
  "=", "≠", ">", "<", "≥", "≤", "before", "after",
] as const; // prettier-ignore

export default function KnowledgeRetrievalPanel() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<RetrievalData>();
  const single = data.retrieval_mode === "single";
  const filtering = MODES.find((mode) => mode === data.metadata_filtering_mode) ?? "disabled";
  return (
    <>
      <Section title={t("panels.retrieval.query")} required>
        <VariableField
          label={t("panels.retrieval.query")}
          value={data.query_variable_selector}
          accepted={["string"]}
          clearable
          disabled={disabled}
          onChange={(query_variable_selector) => set({ query_variable_selector })}
        />
        <Row label={t("panels.retrieval.files")} stacked>
          <VariableField
            label={t("panels.retrieval.files")}
            value={data.query_attachment_selector}
            accepted={["file", "array[file]"]}
            clearable
            disabled={disabled}
            onChange={(selector) => set({ query_attachment_selector: selector.length === 0 ? null : selector })}
          />
        </Row>
      </Section>
      <Section title={t("panels.retrieval.bases")} required>
        <BasesPicker label={t("panels.retrieval.bases")} value={data.dataset_ids ?? []} disabled={disabled} onChange={(dataset_ids) => set({ dataset_ids })} />
      </Section>
      <Folded title={t("panels.retrieval.settings")} open>
        <div className="flex flex-col gap-3">
          {single && (
            <>
              <p className="text-12 text-muted">{t("panels.retrieval.singleHint")}</p>
              <ModelField value={data.single_retrieval_config?.model} disabled={disabled} onChange={(model) => set({ single_retrieval_config: { ...data.single_retrieval_config, model } })} />
            </>
          )}
          <Segments
            label={t("panels.retrieval.mode")}
            value={single ? "single" : "multiple"}
            disabled={disabled}
            onChange={(retrieval_mode) => set({ retrieval_mode })}
            options={[
              { value: "multiple", label: t("panels.retrieval.multiple") },
              { value: "single", label: t("panels.retrieval.single") },
            ]}
          />
          {!single && <MultipleFields />}
        </div>
      </Folded>
      <Section title={t("panels.retrieval.filter")} hint={t(`panels.retrieval.filter-${filtering}`)}>
        <Segments
          label={t("panels.retrieval.filter")}
          value={filtering}
          disabled={disabled}
          onChange={(metadata_filtering_mode) => set({ metadata_filtering_mode })}
          options={MODES.map((value) => ({ value, label: t(`panels.retrieval.${value}`) }))}
        />
        {filtering === "automatic" && (
          <ModelField value={data.metadata_model_config} disabled={disabled} onChange={(metadata_model_config) => set({ metadata_model_config })} />
        )}
        {filtering === "manual" && <MetadataFields />}
      </Section>
    </>
  );
}

function MultipleFields() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<RetrievalData>();
  const config = data.multiple_retrieval_config ?? {};
  const change = (part: Partial<Multiple>) => set({ multiple_retrieval_config: { top_k: 4, score_threshold: null, ...config, ...part } });
  const threshold = config.score_threshold ?? null;
  const ranking = config.reranking_enable === false ? "none" : config.reranking_mode === "weighted_score" ? "weighted_score" : "reranking_model";
  const weight = config.weights?.vector_setting?.vector_weight ?? 0.7;
  const weighted = (vector: number): Weights => ({
    ...config.weights,
    weight_type: "customized",
    vector_setting: { embedding_provider_name: "", embedding_model_name: "", ...config.weights?.vector_setting, vector_weight: vector },
    keyword_setting: { keyword_weight: Math.round((1 - vector) * 100) / 100 },
  });
  return (
    <>
      <Row label={t("panels.retrieval.topK")}>
        <NumberSlider label={t("panels.retrieval.topK")} value={config.top_k ?? 4} min={1} max={20} disabled={disabled} onChange={(top_k) => change({ top_k: Math.min(100, Math.max(1, Math.round(top_k))) })} />
      </Row>
      <Row label={t("panels.retrieval.threshold")}>
        <Switch label={t("panels.retrieval.threshold")} checked={threshold !== null} disabled={disabled} onChange={(on) => change({ score_threshold: on ? 0.5 : null })} />
      </Row>
      {threshold !== null && (
        <NumberSlider label={t("panels.retrieval.threshold")} value={threshold} min={0} max={1} step={0.01} disabled={disabled} onChange={(score) => change({ score_threshold: Math.min(1, Math.max(0, score)) })} />
      )}
      <Row label={t("panels.retrieval.ranking")} stacked>
        <Segments
          label={t("panels.retrieval.ranking")}
          value={ranking}
          disabled={disabled}
          onChange={(next) =>
            change(
              next === "none"
                ? { reranking_enable: false }
                : { reranking_enable: true, reranking_mode: next, ...(next === "weighted_score" && !config.weights ? { weights: weighted(0.7) } : {}) },
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
          <NumberSlider label={t("panels.retrieval.semantic")} value={weight} min={0} max={1} step={0.05} disabled={disabled} onChange={(vector) => change({ weights: weighted(Math.min(1, Math.max(0, vector))) })} />
        </Row>
      )}
    </>
  );
}

function MetadataFields() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<RetrievalData>();
  const filter = data.metadata_filtering_conditions ?? {};
  const conditions = filter.conditions ?? [];
  const logic = filter.logical_operator === "or" ? "or" : "and";
  const change = (next: MetadataCondition[]) => set({ metadata_filtering_conditions: { ...filter, logical_operator: logic, conditions: next } });
  return (
    <>
      {conditions.length > 1 && (
        <Segments
          label={t("editors.conditions.joined")}
          value={logic}
          disabled={disabled}
          onChange={(logical_operator) => set({ metadata_filtering_conditions: { ...filter, conditions, logical_operator } })}
          options={[
            { value: "and", label: t("editors.conditions.and") },
            { value: "or", label: t("editors.conditions.or") },
          ]}
        />
      )}
      {conditions.map((condition, at) => {
        const operator = condition.comparison_operator ?? "is";
        const list = operator === "in" || operator === "not in";
        return (
          <div key={condition.id ?? at} className="flex min-w-0 flex-wrap items-center gap-1 rounded-control bg-sunken/60 p-1.5">
            <TextInput
              aria-label={t("panels.retrieval.field")}
              placeholder={t("panels.retrieval.field")}
              value={condition.name ?? ""}
              disabled={disabled}
              onChange={(event) => change(withItem(conditions, at, { ...condition, name: event.target.value }))}
              className="h-8! w-32! text-13!"
            />
            <Select
              aria-label={t("editors.conditions.operator")}
              value={operator}
              disabled={disabled}
              onChange={(event) => change(withItem(conditions, at, { ...condition, comparison_operator: event.target.value, value: ["in", "not in"].includes(event.target.value) ? [] : "" }))}
              className="h-8! w-auto! text-13!"
            >
              {OPERATORS.map((each) => (
                <option key={each} value={each}>
                  {t(`editors.operators.${each}`)}
                </option>
              ))}
            </Select>
            {!["empty", "not empty"].includes(operator) && (
              <div className="flex min-w-32 flex-1">
                {list ? (
                  <TagsInput label={t("editors.conditions.value")} value={Array.isArray(condition.value) ? condition.value : []} disabled={disabled} onChange={(value) => change(withItem(conditions, at, { ...condition, value }))} />
                ) : (
                  <PromptEditor kind="line" label={t("editors.conditions.value")} value={Array.isArray(condition.value) ? condition.value.join(", ") : String(condition.value ?? "")} disabled={disabled} onChange={(value) => change(withItem(conditions, at, { ...condition, value }))} />
                )}
              </div>
            )}
            {!disabled && (
              <IconButton label={t("editors.conditions.remove")} onClick={() => change(withoutItem(conditions, at))}>
                <Trash2 size={14} strokeWidth={1.5} />
              </IconButton>
            )}
          </div>
        );
      })}
      {!disabled && (
        <Button
          variant="quiet"
          size="small"
          className="self-start"
          icon={<Plus size={14} strokeWidth={1.5} />}
          onClick={() => change([...conditions, { id: freshId(), name: "", comparison_operator: "is", value: "" }])}
        >
          {t("editors.conditions.add")}
        </Button>
      )}
    </>
  );
}

