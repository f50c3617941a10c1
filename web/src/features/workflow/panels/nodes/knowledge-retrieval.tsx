import { useTranslation } from "react-i18next";
import { filteringMode, MetadataFilterFields, type MetadataConditions } from "@/features/knowledge/metadata-filter";
import { MultipleRetrievalFields, type MultipleRetrieval } from "@/features/knowledge/multiple-retrieval";
import { ModelField } from "@/features/model-picker/model-field";
import type { ModelSettings } from "@/features/model-picker/models";
import { BasesPicker } from "@/features/schema-form/bases-picker";
import { VariableField } from "@/features/variables/variable-field";
import { Segmented } from "@/ui/segmented";
import type { Selector } from "../../graph/types";
import { usePanel } from "../panel-context";
import { Folded, Row, Section } from "../section";

interface RetrievalData {
  query_variable_selector: Selector | null;
  query_attachment_selector: Selector | null;
  dataset_ids: string[];
  retrieval_mode: string;
  multiple_retrieval_config: MultipleRetrieval | null;
  single_retrieval_config: { model?: ModelSettings } | null;
  metadata_filtering_mode: string;
  metadata_model_config: ModelSettings | null;
  metadata_filtering_conditions: MetadataConditions | null;
}

export default function KnowledgeRetrievalPanel() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<RetrievalData>();
  const single = data.retrieval_mode === "single";
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
          <Segmented
            label={t("panels.retrieval.mode")}
            value={single ? "single" : "multiple"}
            disabled={disabled}
            onChange={(retrieval_mode) => set({ retrieval_mode })}
            options={[
              { value: "multiple", label: t("panels.retrieval.multiple") },
              { value: "single", label: t("panels.retrieval.single") },
            ]}
          />
          {!single && <MultipleRetrievalFields value={data.multiple_retrieval_config ?? {}} disabled={disabled} onChange={(multiple_retrieval_config) => set({ multiple_retrieval_config })} />}
        </div>
      </Folded>
      <MetadataFilterFields
        bases={data.dataset_ids ?? []}
        value={{
          mode: filteringMode(data.metadata_filtering_mode),
          model: data.metadata_model_config ?? null,
          conditions: data.metadata_filtering_conditions ?? {},
        }}
        disabled={disabled}
        onChange={({ mode, model, conditions }) => set({ metadata_filtering_mode: mode, metadata_model_config: model, metadata_filtering_conditions: conditions })}
      />
    </>
  );
}
