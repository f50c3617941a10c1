import { describe, expect, it } from "vitest";
import { filledIn, firstValues, HIDDEN, isLoopback, shownFields, shownOptions, type FormEntry } from "./providers";

const words = (en_US: string) => ({ en_US, zh_Hans: en_US, ja_JP: en_US });

function field(variable: string, more: Partial<FormEntry> = {}): FormEntry {
  return { variable, label: words(variable), type: "text-input", required: false, default: null, options: [], placeholder: null, max_length: 0, show_on: [], ...more };
}

describe("a credential form", () => {
  const only = { variable: "__model_type", value: "llm" };
  const form = [
    field("key", { type: "secret-input", required: true }),
    field("url", { default: "https://here" }),
    field("mode", { show_on: [only], type: "select", options: [{ value: "a", label: words("A"), show_on: [only] }, { value: "b", label: words("B"), show_on: [] }] }),
  ];

  it("shows what its conditions allow", () => {
    expect(shownFields(form, { __model_type: "rerank" }).map((each) => each.variable)).toEqual(["key", "url"]);
    expect(shownFields(form, { __model_type: "llm" })).toHaveLength(3);
    expect(shownOptions(form.at(-1) ?? field("mode"), { __model_type: "tts" }).map((each) => each.value)).toEqual(["b"]);
  });

  it("begins with what is stored, but for secrets", () => {
    expect(firstValues(form)).toEqual({ url: "https://here" });
    expect(firstValues(form, { key: "sk-***", url: "https://there" })).toEqual({ url: "https://there" });
  });

  it("keeps a stored secret that nobody typed anew", () => {
    expect(filledIn(form, { url: " https://x " }, { key: "sk-***" })).toEqual({ key: HIDDEN, url: "https://x" });
    expect(filledIn(form, { key: "sk-new" }, { key: "sk-***" })).toEqual({ key: "sk-new" });
    expect(filledIn(form, {})).toEqual({});
  });

  it("knows addresses of the machine that asks", () => {
    expect(["http://localhost:11434", "http://127.0.0.1/v1", "https://[::1]:8000", "HTTP://LOCALHOST"].filter(isLoopback)).toHaveLength(4);
    expect(["http://localhost.example.com", "https://10.0.0.1", "http://127.0.0.1.nip.io"].filter(isLoopback)).toEqual([]);
  });
});
