import { useTranslation } from "react-i18next";
import { NumberSlider } from "@/features/editors/number-slider";
import { DEFAULT_RETRIEVAL, ECONOMY_RETRIEVAL, type Retrieval } from "@/features/knowledge/retrieval";
import { NoModel, RetrievalSettings } from "@/features/knowledge/retrieval-settings";
import { ModelSelector } from "@/features/model-picker/model-selector";
import { VariableField } from "@/features/variables/variable-field";
import { RadioCards } from "@/ui/radio-cards";
import { Segmented } from "@/ui/segmented";
import type { Selector } from "../../graph/types";
import { usePanel } from "../panel-context";
import { Folded, Row, Section } from "../section";

interface IndexData {
  chunk_structure: string;
  index_chunk_variable_selector: Selector;
  indexing_technique: string;
  embedding_model: string;
  embedding_model_provider: string;
  keyword_number: number;
  retrieval_model: Retrieval | null;
}

const STRUCTURES = ["text_model", "hierarchical_model", "qa_model"] as const;
const TECHNIQUES = ["high_quality", "economy"] as const;

/** How chunks are kept. Technique, model and search hold until the base has its first document. */
export default function KnowledgeIndexPanel() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<IndexData>();
  const structure = STRUCTURES.find((each) => each === data.chunk_structure) ?? "text_model";
  const technique = data.indexing_technique === "high_quality" ? "high_quality" : "economy";
  const economy = technique === "economy";
  const choose = (next: "high_quality" | "economy") =>
    set({ indexing_technique: next, retrieval_model: next === "economy" ? ECONOMY_RETRIEVAL : DEFAULT_RETRIEVAL });
  return (
    <>
      <Section title={t("pipelines.index.structure")}>
        <RadioCards
          label={t("pipelines.index.structure")}
          columns={1}
          value={structure}
          onChange={(next) => {
            set({ chunk_structure: next });
            if (next !== "text_model" && economy) choose("high_quality");
          }}
          options={STRUCTURES.map((each) => ({ value: each, title: t(`pipelines.structures.${each}`), text: t(`pipelines.shapes.${each}`), disabled }))}
        />
      </Section>
      <Section title={t("pipelines.index.chunks")} hint={t("pipelines.index.chunksHint")} required>
        <VariableField
          label={t("pipelines.index.chunks")}
          value={data.index_chunk_variable_selector}
          accepted={structure === "text_model" ? ["array[string]", "array[object]", "object"] : ["object"]}
          disabled={disabled}
          onChange={(selector) => set({ index_chunk_variable_selector: selector })}
        />
      </Section>
      <Section title={t("knowledgeSetup.list.technique")} hint={t("pipelines.index.first")}>
        <Segmented
          label={t("knowledgeSetup.list.technique")}
          value={technique}
          disabled={disabled || structure !== "text_model"}
          onChange={choose}
          options={TECHNIQUES.map((each) => ({ value: each, label: t(`knowledgeSetup.indexing.${each}`) }))}
        />
        {economy ? (
          <Row label={t("knowledgeSetup.settings.keywords")} stacked>
            <NumberSlider
              label={t("knowledgeSetup.settings.keywords")}
              value={data.keyword_number ?? 10}
              min={1}
              max={50}
              disabled={disabled}
              onChange={(keyword_number) => set({ keyword_number: Math.round(keyword_number) })}
            />
          </Row>
        ) : (
          <Row label={t("knowledgeSetup.indexing.model")} hint={data.embedding_model ? undefined : t("pipelines.index.anyModel")} stacked>
            <ModelSelector
              kind="text-embedding"
              label={t("knowledgeSetup.indexing.model")}
              provider={data.embedding_model_provider ?? ""}
              name={data.embedding_model ?? ""}
              disabled={disabled}
              onChoose={(provider, model) => set({ embedding_model_provider: provider.provider, embedding_model: model.model })}
            />
            <NoModel kind="text-embedding" />
          </Row>
        )}
      </Section>
      <Folded title={t("knowledgeSetup.indexing.retrieval")}>
        <RetrievalSettings
          narrow
          economy={economy}
          disabled={disabled}
          value={data.retrieval_model ?? (economy ? ECONOMY_RETRIEVAL : DEFAULT_RETRIEVAL)}
          onChange={(retrieval_model) => set({ retrieval_model })}
        />
      </Folded>
    </>
  );
}
