import { describe, expect, it } from "vitest";
import { toolsIn, withTools } from "./agent";
import { isOn, switched } from "./configuration";
import { basesIn, filterIn, retrievalIn, withBases, withFilter, withRetrieval } from "./knowledge";
import { askedForm, freeName, isUsed, nameFault, newFetched, newVariable, unknownNames, variablesIn, withRenamed, withVariables } from "./variables";

describe("variables", () => {
  it("are written as the form has them", () => {
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

  it("that are fetched stand in the form, and are not asked for", () => {
    const made = withVariables({}, [newVariable("town"), newFetched("weather")]);
    expect(made.user_input_form).toContainEqual({ external_data_tool: { variable: "weather", label: "weather", enabled: true, type: "api", config: {} } });
    expect(askedForm(made)).toHaveLength(1);
    const old = { user_input_form: [], external_data_tools: [{ enabled: true, variable: "rate", type: "api", config: { api_based_extension_id: "x" } }] };
    expect(variablesIn(old)).toEqual([{ variable: "rate", label: "rate", type: "external_data_tool", tool: { enabled: true, type: "api", config: { api_based_extension_id: "x" } } }]);
    expect(withVariables(old, variablesIn(old)).external_data_tools).toEqual([]);
  });

  it("that nobody asks for are found, once each, in every text", () => {
    const made = withVariables({ pre_prompt: "{{name}} {{ town }} {{town}} {{query}} {{#context#}} {{1x}}", opening_statement: "Hi {{guest}}" }, [newVariable("name")]);
    expect(unknownNames(made)).toEqual(["town", "guest"]);
    expect(isUsed(made, "name")).toBe(true);
    const expert = { ...made, prompt_type: "advanced", chat_prompt_config: { prompt: [{ role: "system", text: "{{mood}}" }] } };
    expect(unknownNames(expert)).toEqual(["mood", "guest"]);
  });

  it("are renamed in every text", () => {
    const before = withVariables(
      { pre_prompt: "{{name}} {{ name }} {{names}}", dataset_query_variable: "name", chat_prompt_config: { prompt: [{ role: "user", text: "{{name}}" }] } },
      [newVariable("name")],
    );
    const after = withRenamed(before, "name", "who");
    expect(after).toMatchObject({ pre_prompt: "{{who}} {{who}} {{names}}", dataset_query_variable: "who", chat_prompt_config: { prompt: [{ text: "{{who}}" }] } });
    expect(variablesIn(after)[0]).toMatchObject({ variable: "who", label: "who" });
  });

  it("have names of their own", () => {
    expect(nameFault("context", [])).toBe("reserved");
    expect(nameFault("query", [])).toBeNull();
    expect(nameFault("1st", [])).toBe("startsWithDigit");
    expect(freeName([newVariable("input_2")], "input_2")).toBe("input_3");
    expect(freeName([], "topic")).toBe("topic");
  });
});

describe("a configuration", () => {
  it("keeps what it does not know", () => {
    const before = { dataset_configs: { top_k: 7 }, agent_mode: { max_iteration: 3 }, text_to_speech: { enabled: false, voice: "x" } };
    expect(basesIn(withBases(before, ["a", "b"]))).toEqual(["a", "b"]);
    expect(withBases(before, []).dataset_configs).toMatchObject({ top_k: 7 });
    expect(withTools(before, [{ tool_name: "t" }]).agent_mode).toMatchObject({ max_iteration: 3, enabled: true, tools: [{ tool_name: "t" }] });
    expect(toolsIn(before)).toEqual([]);
    expect(switched(before, "text_to_speech", true).text_to_speech).toEqual({ enabled: true, voice: "x" });
    expect(isOn(before, "text_to_speech")).toBe(false);
  });

  it("says how bases are searched in the words of apps", () => {
    const weights = { weight_type: "customized", vector_setting: { vector_weight: 0.6, embedding_provider_name: "", embedding_model_name: "" }, keyword_setting: { keyword_weight: 0.4 } };
    const made = withRetrieval({}, { top_k: 6, score_threshold: 0.3, reranking_enable: true, reranking_mode: "weighted_score", reranking_model: null, weights });
    expect(made.dataset_configs).toMatchObject({ retrieval_model: "multiple", top_k: 6, score_threshold: 0.3, score_threshold_enabled: true, reranking_mode: "weighted_score", weights });
    expect(retrievalIn(made)).toMatchObject({ top_k: 6, score_threshold: 0.3, weights });
    expect(retrievalIn({ dataset_configs: { score_threshold: 0.5 } })).toMatchObject({ score_threshold: null, reranking_enable: false });
    const filtered = withFilter(made, { mode: "manual", model: null, conditions: { logical_operator: "or", conditions: [{ name: "year", comparison_operator: ">", value: "2000" }] } });
    expect(filterIn(filtered)).toMatchObject({ mode: "manual", conditions: { logical_operator: "or" } });
  });
});
