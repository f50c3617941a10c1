import type { TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import { strategyFor, withAgent } from "./agent";
import { uploadsIn, withUploads } from "./files";
import { begun, stepped } from "./history";
import { placeholders } from "./placeholders";
import { newFetched, newVariable } from "./variables";

const set = (key: string, value: string, at: number) => ({ kind: "change", update: (before: object) => ({ ...before, [key]: value }), at }) as const;

describe("the way back", () => {
  it("takes what was typed in one go back together", () => {
    let history = begun({ pre_prompt: "" });
    for (const [text, at] of [["a", 1000], ["ab", 1200], ["abc", 5000]] as const) history = stepped(history, set("pre_prompt", text, at)); // prettier-ignore
    expect(history.past).toEqual([{ pre_prompt: "" }, { pre_prompt: "ab" }]);
    history = stepped(stepped(history, { kind: "undo" }), { kind: "undo" });
    expect(history.now).toEqual({ pre_prompt: "" });
    expect(stepped(history, { kind: "undo" })).toBe(history);
    expect(stepped(history, { kind: "redo" }).now).toEqual({ pre_prompt: "ab" });
    expect(stepped(history, set("pre_prompt", "x", 9000)).future).toEqual([]);
  });
});

describe("the menu of a prompt", () => {
  const t = ((key: string, values?: object) => (values === undefined ? key : `${key} ${JSON.stringify(values)}`)) as unknown as TFunction;
  const vocabulary = placeholders(t, {
    variables: [{ ...newVariable("town"), label: "Your town" }, newFetched("weather")],
    blocks: ["context"],
    onNew: (typed, fetched) => `${typed}_${String(fetched)}`,
  });

  it("offers blocks, variables by name and label, and new ones", () => {
    expect(vocabulary.offers("").map((offer) => offer.label)).toEqual(["editors.blocks.context", "town", "weather", "orchestration.newVariable", "orchestration.newFetched"]);
    const [town, made] = vocabulary.offers("your");
    expect(town?.insert).toBe("{{town}}");
    expect(made?.insert).toBeTypeOf("function");
    expect((made?.insert as () => string)()).toBe("{{your_false}}");
  });

  it("tells known names from unknown ones, and blocks from both", () => {
    const looks = [..."{{town}} {{ nobody }} {{#context#}} {{#a.b#}}".matchAll(vocabulary.pattern)].map((match) => vocabulary.look(match));
    expect(looks.map((look) => look.state)).toEqual(["ok", "missing", "block"]);
  });
});

describe("files", () => {
  it("are read from old settings and written for both kinds of reader", () => {
    const old = { file_upload: { image: { enabled: true, number_limits: 2, detail: "low", transfer_methods: ["remote_url"] } } };
    const uploads = uploadsIn(old);
    expect(uploads).toEqual({ kinds: ["image"], extensions: [], methods: ["remote_url"], count: 2, detail: "low" });
    const made = withUploads(old, { ...uploads, kinds: ["image", "audio"], count: 5 });
    expect(made.file_upload).toMatchObject({ enabled: true, allowed_file_types: ["image", "audio"], number_limits: 5, image: { enabled: true, number_limits: 5, transfer_methods: ["remote_url"] } });
    expect(withUploads(made, { ...uploadsIn(made), kinds: [] }).file_upload).toMatchObject({ enabled: false, image: { enabled: false } });
  });
});

describe("an agent", () => {
  it("calls functions where the model can", () => {
    expect(strategyFor(["vision", "multi-tool-call"])).toBe("function_call");
    expect(strategyFor(["vision"])).toBe("react");
    expect(withAgent({}, { max_iteration: 4 }).agent_mode).toEqual({ strategy: null, prompt: null, enabled: true, max_iteration: 4 });
  });
});
