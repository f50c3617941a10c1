import { describe, expect, it } from "vitest";
import { DEFAULT_RETRIEVAL, lacksRerankModel, rankingOf, weightOf, withMethod, withRanking, withWeight } from "./retrieval";

describe("the settings of searching", () => {
  it("weigh meaning and words when both are searched, and forget it when they are not", () => {
    const hybrid = withMethod(DEFAULT_RETRIEVAL, "hybrid_search");
    expect([rankingOf(hybrid), weightOf(hybrid)]).toEqual(["weighted_score", 0.7]);
    expect(hybrid.weights).toEqual({ vector_setting: { vector_weight: 0.7 }, keyword_setting: { keyword_weight: 0.3 } });
    expect(rankingOf(withMethod(hybrid, "semantic_search"))).toBe("none");
  });

  it("keep the weights that make one together", () => {
    expect(withWeight(DEFAULT_RETRIEVAL, 0.45).weights?.keyword_setting).toEqual({ keyword_weight: 0.55 });
  });

  it("say when a model that is to sort is not chosen", () => {
    const sorted = withRanking(DEFAULT_RETRIEVAL, "reranking_model");
    expect(lacksRerankModel(sorted)).toBe(true);
    const chosen = { ...sorted, reranking_model: { reranking_provider_name: "cohere", reranking_model_name: "rerank" } };
    expect(lacksRerankModel(chosen)).toBe(false);
    expect(rankingOf(withMethod(chosen, "hybrid_search"))).toBe("reranking_model");
  });
});
