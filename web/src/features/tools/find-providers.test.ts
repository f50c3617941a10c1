import { describe, expect, it } from "vitest";
import { i18nText } from "@/features/schema-form/i18n-text";
import { findProviders } from "./find-providers";
import type { ToolProvider } from "./tools-query";

function provider(name: string, label: Record<string, string>, labels: string[], tools: string[]): ToolProvider {
  return { name, label, labels, description: {}, tools: tools.map((tool) => ({ name: tool, label: {} })) } as unknown as ToolProvider;
}

const TIME = provider("time", { en_US: "Time", ja_JP: "時刻" }, ["utilities"], ["current_time", "weekday"]);
const BRAVE = provider("brave", { en_US: "Brave Search" }, ["search", "news"], ["brave_search"]);
const ALL = [TIME, BRAVE];
const english = (texts: object) => i18nText(texts, "en");

describe("findProviders", () => {
  it("gives all without a question", () => {
    expect(findProviders(ALL, "  ", [], english)).toEqual(ALL);
  });

  it("finds every word, in any case, in names of tools too", () => {
    expect(findProviders(ALL, "SEARCH brave", [], english)).toEqual([BRAVE]);
    expect(findProviders(ALL, "weekday", [], english)).toEqual([TIME]);
    expect(findProviders(ALL, "brave weekday", [], english)).toEqual([]);
  });

  it("searches in the language of the page", () => {
    expect(findProviders(ALL, "時刻", [], (texts) => i18nText(texts, "ja"))).toEqual([TIME]);
  });

  it("wants one of the labels at least", () => {
    expect(findProviders(ALL, "", ["news", "weather"], english)).toEqual([BRAVE]);
    expect(findProviders(ALL, "time", ["news"], english)).toEqual([]);
  });
});
