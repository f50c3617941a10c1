import { describe, expect, it } from "vitest";
import { callNameFor, declaredFor, startVariables } from "./workflow-tool";

const GRAPH = {
  nodes: [{ data: { type: "end" } }, { data: { type: "start", variables: [{ variable: "url", label: "Page", required: true }, { variable: "tone" }, 3] } }],
};

describe("startVariables", () => {
  it("reads the fields of the start node", () => {
    expect(startVariables(GRAPH)).toEqual([
      { variable: "url", label: "Page", required: true },
      { variable: "tone", label: "tone", required: false },
    ]);
  });

  it("finds none where there is no graph", () => {
    expect([startVariables(undefined), startVariables({ nodes: [] })]).toEqual([[], []]);
  });
});

describe("declaredFor", () => {
  it("keeps what was said, drops fields that are gone, and begins with the label", () => {
    const said = [
      { name: "tone", description: "How to sound", form: "form" as const },
      { name: "gone", description: "", form: "llm" as const },
    ];
    expect(declaredFor(startVariables(GRAPH), said)).toEqual([
      { name: "url", description: "Page", form: "llm" },
      { name: "tone", description: "How to sound", form: "form" },
    ]);
  });
});

describe("callNameFor", () => {
  it.each([
    ["Translate a page!", "translate_a_page"],
    ["翻訳", ""],
  ])("makes of %s %s", (name, called) => {
    expect(callNameFor(name)).toBe(called);
  });
});
