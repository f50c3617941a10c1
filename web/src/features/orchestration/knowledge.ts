import { isJsonObject, type JsonObject } from "@/api/json";
import type { MetadataFilter } from "@/features/knowledge/metadata-filter";
import type { MultipleRetrieval } from "@/features/knowledge/multiple-retrieval";
import { mapIn, mapsIn, section, textIn, withSection } from "./configuration";

/** The ids of the knowledge bases that are asked. */
export function basesIn(configuration: JsonObject): string[] {
  return mapsIn(section(section(configuration, "dataset_configs"), "datasets"), "datasets").flatMap(({ dataset }) =>
    isJsonObject(dataset) && dataset.enabled !== false && typeof dataset.id === "string" ? [dataset.id] : [],
  );
}

export function withBases(configuration: JsonObject, ids: readonly string[]): JsonObject {
  const datasets = { datasets: ids.map((id) => ({ dataset: { enabled: true, id } })) };
  return withSection(configuration, "dataset_configs", { ...configs(configuration), datasets });
}

function configs(configuration: JsonObject): JsonObject {
  return { retrieval_model: "multiple", ...section(configuration, "dataset_configs") };
}

/** Old files let a model choose one base for each question. */
export function choosesOne(configuration: JsonObject): boolean {
  return configs(configuration).retrieval_model === "single";
}

/** How several bases are searched together, in the words that nodes use. */
export function retrievalIn(configuration: JsonObject): MultipleRetrieval {
  const settings = configs(configuration);
  const model = section(settings, "reranking_model");
  const named = textIn(model, "reranking_model_name") !== "";
  const threshold = settings.score_threshold_enabled === true && typeof settings.score_threshold === "number" ? settings.score_threshold : null;
  return {
    top_k: typeof settings.top_k === "number" ? settings.top_k : 4,
    score_threshold: threshold,
    reranking_enable: typeof settings.reranking_enable === "boolean" ? settings.reranking_enable : named || isJsonObject(settings.weights),
    reranking_mode: textIn(settings, "reranking_mode") || "reranking_model",
    reranking_model: named ? { provider: textIn(model, "reranking_provider_name"), model: textIn(model, "reranking_model_name") } : null,
    weights: isJsonObject(settings.weights) ? settings.weights : null,
  };
}

export function withRetrieval(configuration: JsonObject, retrieval: MultipleRetrieval): JsonObject {
  const { score_threshold: threshold, reranking_model: model, weights, ...rest } = retrieval;
  const before = configs(configuration);
  return withSection(configuration, "dataset_configs", {
    ...before,
    ...(rest as JsonObject),
    retrieval_model: "multiple",
    score_threshold_enabled: threshold != null,
    score_threshold: threshold ?? before.score_threshold ?? 0.5,
    reranking_model: { reranking_provider_name: model?.provider ?? "", reranking_model_name: model?.model ?? "" },
    ...(weights == null ? {} : { weights: weights as unknown as JsonObject }),
  });
}

export function filterIn(configuration: JsonObject): MetadataFilter {
  const settings = configs(configuration);
  const model = settings.metadata_model_config;
  return {
    mode: settings.metadata_filtering_mode === "automatic" || settings.metadata_filtering_mode === "manual" ? settings.metadata_filtering_mode : "disabled",
    model: isJsonObject(model) ? (model) : null,
    conditions: mapIn(settings.metadata_filtering_conditions),
  };
}

export function withFilter(configuration: JsonObject, { mode, model, conditions }: MetadataFilter): JsonObject {
  return withSection(configuration, "dataset_configs", {
    ...configs(configuration),
    metadata_filtering_mode: mode,
    ...(model === null ? {} : { metadata_model_config: model as unknown as JsonObject }),
    metadata_filtering_conditions: conditions as unknown as JsonObject,
  });
}
