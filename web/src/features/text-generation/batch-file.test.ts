import { describe, expect, it } from "vitest";
import type { InputField } from "@/features/input-form/fields";
import { batchResults, batchTemplate, readBatch } from "./batch-file";
import { formatCsv, parseCsv } from "./csv";

const fields: InputField[] = [
  { type: "text-input", label: "Product", variable: "product", required: true, max_length: 10 },
  { type: "number", label: "Words", variable: "words" },
];

describe("csv", () => {
  it("reads quotes, doubled quotes, line ends in quotes and the byte order mark", () => {
    expect(parseCsv('\uFEFFa,b\r\n"x ""y""","1\n2"\nlast,')).toEqual([["a", "b"], ['x "y"', "1\n2"], ["last", ""]]);
  });

  it("gives back what it wrote", () => {
    const rows = [["a", 'q"uote'], ["line\nend", "com,ma"], ["", " space "]];
    expect(parseCsv(formatCsv(rows))).toEqual(rows);
  });

  it("keeps spreadsheets from running a cell, and leaves negative numbers alone", () => {
    expect(formatCsv([["=1+1", "-5", "@x"]])).toBe("\uFEFF'=1+1,-5,'@x\r\n");
  });
});

describe("readBatch", () => {
  it("offers a template whose header it accepts", () => {
    expect(readBatch(`${batchTemplate(fields)}Lamp,3\r\n`, fields)).toEqual({
      ok: true,
      rows: [{ number: 2, cells: ["Lamp", "3"], inputs: { product: "Lamp", words: 3 } }],
    });
  });

  it("accepts labels as names and ignores empty rows at the end", () => {
    expect(readBatch("Product,Words\nLamp,\n,\n\n", fields)).toMatchObject({ ok: true, rows: [{ inputs: { product: "Lamp" } }] });
  });

  it("names every problem with its row", () => {
    expect(readBatch("product,words\n,1\n\na very long product,x\n", fields)).toEqual({
      ok: false,
      problems: [
        { kind: "field", row: 2, label: "Product", problem: { kind: "required" } },
        { kind: "emptyRow", row: 3 },
        { kind: "field", row: 4, label: "Product", problem: { kind: "tooLong", max: 10 } },
        { kind: "field", row: 4, label: "Words", problem: { kind: "notNumber" } },
      ],
    });
  });

  it.each([
    ["", { kind: "empty" }],
    ["product,words\n", { kind: "empty" }],
    ["words,product\n1,a\n", { kind: "header", expected: "product, words" }],
  ])("refuses the file %j", (text, problem) => {
    expect(readBatch(text, fields)).toEqual({ ok: false, problems: [problem] });
  });
});

describe("batchResults", () => {
  it("adds an error column only when a row failed", () => {
    const good = { cells: ["Lamp", "3"], result: "Bright.", error: "" };
    expect(parseCsv(batchResults(fields, [good]))).toEqual([["product", "words", "Completion result"], ["Lamp", "3", "Bright."]]);
    expect(parseCsv(batchResults(fields, [good, { cells: ["Rug", ""], result: "", error: "no model" }]))[2]).toEqual(["Rug", "", "", "no model"]);
  });
});
