import { useTranslation } from "react-i18next";
import { ModelSelector } from "@/features/model-picker/model-selector";
import { NoModel, RetrievalSettings } from "@/features/knowledge/retrieval-settings";
import { DEFAULT_RETRIEVAL, ECONOMY_RETRIEVAL, type Retrieval } from "@/features/knowledge/retrieval";
import { RadioCards } from "@/ui/radio-cards";
import type { Way } from "./cutting";

export interface Indexing {
  technique: "high_quality" | "economy";
  provider: string;
  model: string;
  retrieval: Retrieval;
}

export const DEFAULT_INDEXING: Indexing = { technique: "high_quality", provider: "", model: "", retrieval: DEFAULT_RETRIEVAL };

interface IndexFieldsProps {
  value: Indexing;
  onChange: (value: Indexing) => void;
  way: Way;
}

/** How chunks of a new base are found. */
export function IndexFields({ value, onChange, way }: IndexFieldsProps) {
  const { t } = useTranslation();
  const fixed = way === "parents" || way === "pairs";
  const set = (part: Partial<Indexing>) => onChange({ ...value, ...part });
  const economy = value.technique === "economy";
  return (
    <div className="flex flex-col gap-4">
      <RadioCards
        label={t("knowledgeSetup.list.technique")}
        columns={2}
        value={value.technique}
        onChange={(technique) => set({ technique, retrieval: technique === "economy" ? ECONOMY_RETRIEVAL : DEFAULT_RETRIEVAL })}
        options={(["high_quality", "economy"] as const).map((each) => ({
          value: each,
          title: t(`knowledgeSetup.indexing.${each}`),
          text: t(each === "economy" && fixed ? "knowledgeSetup.indexing.fixed" : `knowledgeSetup.indexing.about.${each}`),
          disabled: each === "economy" && fixed,
        }))}
      />
      {!economy && (
        <div className="flex flex-col gap-1">
          <p className="font-medium">{t("knowledgeSetup.indexing.model")}</p>
          <div className="flex max-w-120">
            <ModelSelector
              kind="text-embedding"
              label={t("knowledgeSetup.indexing.model")}
              provider={value.provider}
              name={value.model}
              onChoose={(provider, model) => set({ provider: provider.provider, model: model.model })}
            />
          </div>
          <NoModel kind="text-embedding" />
        </div>
      )}
      <h2 className="font-semibold">{t("knowledgeSetup.indexing.retrieval")}</h2>
      <RetrievalSettings value={value.retrieval} economy={economy} onChange={(retrieval) => set({ retrieval })} />
    </div>
  );
}
