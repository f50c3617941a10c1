import { useTranslation } from "react-i18next";
import { MetadataFilterFields } from "@/features/knowledge/metadata-filter";
import { MultipleRetrievalFields } from "@/features/knowledge/multiple-retrieval";
import { BasesPicker, useBases } from "@/features/schema-form/bases-picker";
import { Field } from "@/ui/field";
import { Button } from "@/ui/button";
import { Select } from "@/ui/select";
import { Block, OpeningRow } from "./block";
import { textIn, withSection, type BlockProps } from "./configuration";
import { basesIn, choosesOne, filterIn, retrievalIn, withBases, withFilter, withRetrieval } from "./knowledge";
import { variablesIn } from "./variables";

const MOST_PASSAGES = 10;

/** The knowledge bases that are searched for every question, and how. */
export function KnowledgeBlock(props: BlockProps) {
  const { configuration, change, mode, disabled } = props;
  const { t } = useTranslation();
  const bases = basesIn(configuration);
  return (
    <Block title={t("orchestration.knowledge")} hint={t(mode === "agent-chat" ? "orchestration.knowledgeOfAgents" : "orchestration.knowledgeHint")}>
      <BasesPicker label={t("orchestration.knowledge")} value={bases} disabled={disabled} onChange={(ids) => change((before) => withBases(before, ids))} />
      <MixedBases ids={bases} />
      {bases.length > 0 && mode === "completion" && <QueryVariable {...props} />}
      {bases.length > 0 && mode !== "agent-chat" && <SearchSettings {...props} />}
    </Block>
  );
}

/** Scores of bases that are indexed in different ways say nothing beside each other. */
function MixedBases({ ids }: { ids: readonly string[] }) {
  const { t } = useTranslation();
  const { data } = useBases();
  const techniques = new Set((data ?? []).filter((base) => ids.includes(base.id) && base.indexing_technique != null).map((base) => base.indexing_technique));
  return techniques.size > 1 ? <p className="text-12 text-warn">{t("orchestration.mixedBases")}</p> : null;
}

function QueryVariable({ configuration, change, disabled }: BlockProps) {
  const { t } = useTranslation();
  const chosen = textIn(configuration, "dataset_query_variable");
  const texts = variablesIn(configuration).filter((variable) => ["text-input", "paragraph", "select", "external_data_tool"].includes(variable.type));
  const known = texts.some((variable) => variable.variable === chosen);
  return (
    <Field
      id="query-variable"
      label={t("orchestration.queryVariable")}
      hint={t("orchestration.queryVariableHint")}
      {...(known ? {} : { error: t(texts.length === 0 ? "orchestration.queryVariableNone" : "orchestration.queryVariableMissing") })}
    >
      <Select
        id="query-variable"
        value={known ? chosen : null}
        placeholder={t("common.choose")}
        disabled={disabled}
        aria-invalid={!known}
        onChange={(name) => change((before) => ({ ...before, dataset_query_variable: name }))}
        options={texts.map(({ variable, label }) => ({ value: variable, label: variable, ...(label === variable ? {} : { hint: label }) }))}
      />
    </Field>
  );
}

function SearchSettings({ configuration, change, disabled }: BlockProps) {
  const { t } = useTranslation();
  const retrieval = retrievalIn(configuration);
  const single = choosesOne(configuration);
  return (
    <OpeningRow
      name={
        <>
          <span className="truncate">{t("orchestration.search")}</span>
          <span className="min-w-0 truncate text-12 text-muted">{single ? t("orchestration.oneBase") : t("orchestration.passages", { count: retrieval.top_k ?? 4 })}</span>
        </>
      }
    >
      {single ? (
        <div className="flex flex-col items-start gap-2">
          <p className="text-muted">{t("orchestration.oneBaseHint")}</p>
          {!disabled && (
            <Button size="small" onClick={() => change((before) => withSection(before, "dataset_configs", { retrieval_model: "multiple" }))}>
              {t("orchestration.searchAll")}
            </Button>
          )}
        </div>
      ) : (
        <MultipleRetrievalFields value={retrieval} most={MOST_PASSAGES} disabled={disabled} onChange={(next) => change((before) => withRetrieval(before, next))} />
      )}
      <MetadataFilterFields plain bases={basesIn(configuration)} value={filterIn(configuration)} disabled={disabled} onChange={(next) => change((before) => withFilter(before, next))} />
    </OpeningRow>
  );
}
