import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import en from "./en";
import { AREAS, languageFor, type Language } from "./i18n";
import ja from "./ja";
import zhHans from "./zh-Hans";

interface Tree {
  [key: string]: string | Tree;
}

/** Every text by its path; plural forms count as one, for languages have different ones. */
function texts(tree: Tree, prefix = ""): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") all.set(prefix + key.replace(/_(zero|one|two|few|many|other)$/, ""), value);
    else for (const [path, text] of texts(value, `${prefix}${key}.`)) all.set(path, text);
  }
  return all;
}

/** The texts of a language, those that come with their pages too. */
async function allTexts(language: Language, shared: Tree): Promise<Map<string, string>> {
  const areas = await Promise.all(Object.entries(AREAS).map(async ([area, load]) => [area, (await load[language]()).default] as const));
  return texts({ ...shared, ...(Object.fromEntries(areas) as Tree) });
}

const english = await allTexts("en", en);
const others: [string, Map<string, string>][] = [
  ["zh-Hans", await allTexts("zh-Hans", zhHans)],
  ["ja", await allTexts("ja", ja)],
];

/** The same in both languages, rightly. */
const FIGURES = ["evaluation.figures.mrr", "evaluation.figures.ndcg"];
const SAME: Record<string, ReadonlySet<string>> = { "zh-Hans": new Set(["workflow.blocks.llm.name", ...FIGURES]), ja: new Set(["workflow.blocks.llm.name", ...FIGURES]) };

describe.each(others)("the texts in %s", (language, translated) => {
  it("have exactly the keys of the English ones", () => {
    expect([...translated.keys()].toSorted()).toEqual([...english.keys()].toSorted());
  });

  it("are translated", () => {
    expect([...translated].filter(([key, text]) => text === english.get(key) && SAME[language]?.has(key) !== true).map(([key]) => key)).toEqual([]);
  });

  it("use the placeholders of the English ones", () => {
    const placeholders = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).toSorted();
    for (const [key, text] of translated) expect([key, placeholders(text)]).toEqual([key, placeholders(english.get(key) ?? "")]);
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => /\.tsx?$/.test(entry.name) && !entry.name.includes(".test."))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}

/** Milliseconds that reading every source file may take on a busy machine. */
const SLOW = 60_000;

describe("the English texts", () => {
  it("are all used", () => {
    const code = sources(join(import.meta.dirname, "..")).join("\n");
    // `status.${name}` stands for everything below `status`.
    const chosen = (key: string) => key.split(".").some((_, at, parts) => at > 0 && code.includes(`\`${parts.slice(0, at).join(".")}.\${`));
    const unused = [...english.keys()].filter((key) => !code.includes(`"${key}"`) && !chosen(key));
    expect(unused).toEqual([]);
  }, SLOW);
});

describe("languageFor", () => {
  it.each([
    ["zh-CN", "zh-Hans"],
    ["ja_JP", "ja"],
    ["en-GB", "en"],
    ["fr", null],
    [null, null],
  ])("reads %s as %s", (tag, language) => {
    expect(languageFor(tag)).toBe(language);
  });
});
