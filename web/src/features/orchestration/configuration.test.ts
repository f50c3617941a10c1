import { describe, expect, it } from "vitest";
import { basesIn, isOn, newVariable, renamed, switched, toolsIn, unknownNames, variablesIn, withBases, withTools, withVariables } from "./configuration";

describe("a configuration", () => {
  it("knows its variables", () => {
    const made = withVariables({ pre_prompt: "Hi" }, [newVariable("name"), { ...newVariable("tone"), type: "select", options: ["dry"] }]);
    expect(made.user_input_form).toEqual([
      { "text-input": { variable: "name", label: "name", required: true, max_length: 48 } },
      { select: { variable: "tone", label: "tone", required: true, max_length: 48, options: ["dry"] } },
    ]);
    expect(variablesIn(made).map(({ type, variable }) => [type, variable])).toEqual([
      ["text-input", "name"],
      ["select", "tone"],
    ]);
  });

  it("finds names that nobody asks for, once each", () => {
    expect(unknownNames("{{name}} {{ town }} {{town}} {{query}} {{#context#}} {{1x}}", [newVariable("name")])).toEqual(["town"]);
    expect(renamed("{{name}} {{ name }} {{names}}", "name", "who")).toBe("{{who}} {{who}} {{names}}");
  });

  it("keeps what it does not know", () => {
    const before = { dataset_configs: { top_k: 7 }, agent_mode: { max_iteration: 3 }, text_to_speech: { enabled: false, voice: "x" } };
    expect(basesIn(withBases(before, ["a", "b"]))).toEqual(["a", "b"]);
    expect(withBases(before, []).dataset_configs).toMatchObject({ top_k: 7 });
    expect(withTools(before, [{ tool_name: "t" }]).agent_mode).toEqual({ max_iteration: 3, enabled: true, tools: [{ tool_name: "t" }] });
    expect(toolsIn(before)).toEqual([]);
    expect(switched(before, "text_to_speech", true).text_to_speech).toEqual({ enabled: true, voice: "x" });
    expect(isOn(before, "text_to_speech")).toBe(false);
  });
});
