import type { components } from "@/api/schema";

export type NewVariant = components["schemas"]["NewVariant"];
export type Evaluation = components["schemas"]["EvaluationShown"];
export type Result = components["schemas"]["VariantResult"];

export const FIGURES = ["recall@1", "recall@3", "recall@5", "recall@10", "mrr", "ndcg"] as const;
export type Figure = (typeof FIGURES)[number];

/** How a variant searches, as the form keeps it. `own`: by the settings of the base. */
export type Method = "own" | "semantic_search" | "full_text_search" | "hybrid_search";

export interface Draft {
  method: Method;
  /** Of "hybrid_search": how much meaning counts from 0 to 1; null leaves it to the server. */
  meaning: number | null;
  baseId: string;
}

/** What a draft says to the server. */
export function variantOf(draft: Draft, name: string): NewVariant {
  return { name, dataset_id: draft.baseId, retrieval_model: draft.method === "own" ? null : settingsOf(draft) };
}

function settingsOf({ method, meaning }: Draft): Record<string, unknown> {
  if (method !== "hybrid_search" || meaning === null) return { search_method: method, top_k: 10 };
  const keyword = Math.round((1 - meaning) * 100) / 100;
  return {
    search_method: method,
    top_k: 10,
    reranking_mode: "weighted_score",
    weights: { vector_setting: { vector_weight: meaning }, keyword_setting: { keyword_weight: keyword } },
  };
}

/** Questions with the first place of an expected passage in each variant (0: not found), the worst found first. */
export function rankings(results: readonly Result[]): { id: string; places: number[] }[] {
  const ids = Object.keys(results[0]?.places ?? {});
  const first = (places: readonly number[] | undefined) => Math.min(...(places ?? []).map((place) => (place === 0 ? Infinity : place)), Infinity);
  const rows = ids.map((id) => ({ id, places: results.map((result) => first(result.places[id])) }));
  const worth = (places: readonly number[]) => places.reduce((sum, place) => sum + 1 / place, 0);
  return rows.sort((one, other) => worth(one.places) - worth(other.places)).map(({ id, places }) => ({ id, places: places.map((place) => (place === Infinity ? 0 : place)) }));
}
