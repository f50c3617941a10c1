import type { Schemas } from "@/api/client";

/** How one knowledge base is searched, as the API keeps it. */
export type Retrieval = Schemas["RetrievalModel"];

/** How what was found is put in order. */
export type Ranking = "none" | "reranking_model" | "weighted_score";

const MEANING = 0.7;

export const DEFAULT_RETRIEVAL: Retrieval = {
  search_method: "semantic_search",
  reranking_enable: false,
  top_k: 4,
  score_threshold_enabled: false,
  score_threshold: 0.5,
};

export const ECONOMY_RETRIEVAL: Retrieval = { ...DEFAULT_RETRIEVAL, search_method: "keyword_search" };

/** Weights are for hybrid search alone, which has no other order than theirs or a model's. */
export function rankingOf(value: Retrieval): Ranking {
  if (value.search_method === "hybrid_search") {
    return value.reranking_mode === "reranking_model" ? "reranking_model" : "weighted_score";
  }
  return value.reranking_enable === true ? "reranking_model" : "none";
}

export function withRanking(value: Retrieval, ranking: Ranking): Retrieval {
  if (ranking === "none") return { ...value, reranking_enable: false };
  if (ranking === "reranking_model") return { ...value, reranking_enable: true, reranking_mode: ranking };
  return { ...withWeight(value, weightOf(value)), reranking_enable: false, reranking_mode: ranking };
}

/** The same settings for another way of searching. */
export function withMethod(value: Retrieval, search_method: NonNullable<Retrieval["search_method"]>): Retrieval {
  const next = { ...value, search_method };
  if (search_method === "hybrid_search") return withRanking(next, rankingOf(next));
  if (next.reranking_mode === "weighted_score") return { ...next, reranking_enable: false, reranking_mode: null };
  return next;
}

/** How much meaning counts, from 0 to 1; words count for the rest. */
export function weightOf(value: Retrieval): number {
  return value.weights?.vector_setting?.vector_weight ?? MEANING;
}

export function withWeight(value: Retrieval, vector_weight: number): Retrieval {
  return {
    ...value,
    weights: {
      ...value.weights,
      vector_setting: { ...value.weights?.vector_setting, vector_weight },
      keyword_setting: { keyword_weight: wordsWeight(vector_weight) },
    },
  };
}

export function wordsWeight(meaning: number): number {
  return Math.round((1 - meaning) * 100) / 100;
}

/** What cannot be used yet: a reranking model that is wanted and not chosen. */
export function lacksRerankModel(value: Retrieval): boolean {
  return rankingOf(value) === "reranking_model" && !value.reranking_model?.reranking_model_name;
}
