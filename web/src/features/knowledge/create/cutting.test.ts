import { describe, expect, it } from "vitest";
import { cuttingOf, DEFAULT_CUTTING, problemOf, ruleOf, waysOf } from "./cutting";

describe("how documents are cut", () => {
  it("is written as a rule and read back", () => {
    for (const [way, form] of [["general", "text_model"], ["parents", "hierarchical_model"], ["pairs", "qa_model"]] as const) {
      const cutting = { ...DEFAULT_CUTTING, way, removeUrls: true, language: "German", wholeDocument: way === "parents" };
      const { mode, rules } = ruleOf(cutting) as { mode: string; rules: Record<string, unknown> };
      expect(cuttingOf({ mode, rules, limits: {} }, form, "German")).toEqual(cutting);
    }
  });

  it("shows line breaks of stored rules so that they can be typed", () => {
    const rules = { segmentation: { separator: "\n\n", max_tokens: 300, chunk_overlap: 10 } };
    expect(cuttingOf({ mode: "custom", rules, limits: {} }, null, "English").chunk).toEqual({ separator: "\\n\\n", max_tokens: 300, chunk_overlap: 10 });
  });

  it("stays in the form of the base", () => {
    expect(waysOf("text_model")).toEqual(["automatic", "general"]);
    expect(waysOf("qa_model")).toEqual(["pairs"]);
    expect(waysOf(null)).toHaveLength(4);
  });

  it("tells what the server would refuse", () => {
    const with_ = (chunk: Partial<typeof DEFAULT_CUTTING.chunk>) => problemOf({ ...DEFAULT_CUTTING, chunk: { ...DEFAULT_CUTTING.chunk, ...chunk } }, 50, 4000);
    expect(with_({})).toBeNull();
    expect(with_({ separator: "" })).toBe("noSeparator");
    expect(with_({ max_tokens: 20 })).toBe("tooShort");
    expect(with_({ max_tokens: 4001 })).toBe("tooLong");
    expect(with_({ max_tokens: 50, chunk_overlap: 50 })).toBe("overlap");
    expect(problemOf({ ...DEFAULT_CUTTING, way: "parents", wholeDocument: true, chunk: { ...DEFAULT_CUTTING.chunk, max_tokens: 1 } }, 50, 4000)).toBeNull();
  });
});
