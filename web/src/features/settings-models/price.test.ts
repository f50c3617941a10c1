import { describe, expect, it } from "vitest";
import { draftOf, EMPTY_TIER, faultsOf, MILLION, perMillion, plain, sent, type Price } from "./price";
import { moved } from "./stand-ins";

const PRICE: Price = {
  input: "0.15",
  output: "0.60",
  cached_input: null,
  cache_write: null,
  sound: { input: null, cached_input: null, output: null, characters: null, hour: "0.36" },
  unit: "0.000001",
  currency: "USD",
  tiers: [{ above: 128_000, input: "2", output: "4", cached_input: "0.5", cache_write: null }],
};

describe("a price", () => {
  it("is typed as it is stored", () => {
    const draft = draftOf(PRICE);
    expect(draft).toMatchObject({ input: "0.15", output: "0.6", cached_input: "", unit: MILLION });
    expect(sent(draft)).toEqual({ ...PRICE, output: "0.6", sound: { hour: "0.36" } });
    expect(sent({ ...draft, sound: draftOf(null).sound }).sound).toBeNull();
    expect(faultsOf(draft)).toEqual(new Set());
  });

  it("needs a figure for what is asked, and each bound once", () => {
    const draft = { ...draftOf(null), output: "-1", tiers: [{ ...EMPTY_TIER, above: "10", input: "1" }, { ...EMPTY_TIER, above: "10", input: "x" }] };
    expect(faultsOf(draft)).toEqual(new Set(["input", "output", "1.input", "1.above"]));
  });

  it("takes a comma for a point", () => {
    expect(sent({ ...draftOf(null), input: " 0,5 " })).toMatchObject({ input: "0.5", output: "0" });
  });

  it("is shown for a million tokens", () => {
    expect(perMillion("0.15", PRICE, "en")).toBe("$0.15");
    expect(perMillion("0.002", { unit: "0.001", currency: "RMB" }, "en")).toBe("¥2.00");
    expect(perMillion("0", PRICE, "en")).toBe("$0.00");
    expect(plain("1E-6")).toBe("0.000001");
  });
});

describe("a list", () => {
  it("is put in another order", () => {
    expect(moved(["a", "b", "c"], 2, 1)).toEqual(["a", "c", "b"]);
    expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
  });
});
