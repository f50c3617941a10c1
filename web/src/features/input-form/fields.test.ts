import { describe, expect, it } from "vitest";
import type { Attachment } from "@/features/files/attachments";
import { fieldsOf, initialValues, inputsOf, problemOf, problemsOf, type FieldValue, type InputField } from "./fields";

const field = (over: Partial<InputField>): InputField => ({ type: "text-input", label: "City", variable: "city", ...over });
const file = (state: "ready" | "uploading"): Attachment => {
  const base = { key: state, name: "a.png", type: "image" as const, size: 1, preview: null };
  return state === "ready"
    ? { ...base, state, mapping: { type: "image", transfer_method: "local_file", upload_file_id: "f1" } }
    : { ...base, state, progress: 0.5 };
};

describe("fieldsOf", () => {
  it("reads one-key items in order and leaves out what the server computes", () => {
    const city = { label: "City", variable: "city" };
    const form = [{ "text-input": city }, { external_data_tool: { label: "x", variable: "x" } }, { number: { label: "N", variable: "n" } }];
    expect(fieldsOf(form)).toEqual([
      { ...city, type: "text-input" },
      { label: "N", variable: "n", type: "number" },
    ]);
  });
});

describe("initialValues", () => {
  const cases: [string, Partial<InputField>, unknown, FieldValue][] = [
    ["the default", { default: "Oslo" }, undefined, "Oslo"],
    ["the given value before the default", { default: "Oslo" }, "Bergen", "Bergen"],
    ["text cut to its limit", { max_length: 3 }, "Bergen", "Ber"],
    ["a select's value only when it is an option", { type: "select", options: ["a"] }, "b", ""],
    ["a number only when it is one", { type: "number" }, "three", ""],
    ["a number default of zero", { type: "number", default: 0 }, undefined, "0"],
    ["a switch from text", { type: "checkbox" }, "yes", true],
    ["no files", { type: "file-list", default: "x" }, undefined, []],
  ];
  it.each(cases)("gives %s", (_, over, given, expected) => {
    expect(initialValues([field(over)], given === undefined ? {} : { city: given as string })).toEqual({ city: expected });
  });
});

describe("problemOf", () => {
  const cases: [string, Partial<InputField>, FieldValue, unknown][] = [
    ["accepts an empty optional field", {}, "", null],
    ["refuses an empty required field", { required: true }, "  ", { kind: "required" }],
    ["counts characters, not code units", { max_length: 2 }, "👍👍", null],
    ["refuses a text over its limit", { max_length: 2 }, "abc", { kind: "tooLong", max: 2 }],
    ["accepts decimals", { type: "number" }, "-2.5", null],
    ["refuses other text as a number", { type: "number" }, "3 km", { kind: "notNumber" }],
    ["refuses what is not an option", { type: "select", options: ["a"] }, "b", { kind: "notOption" }],
    ["refuses JSON that is no object", { type: "json_object" }, "[1]", { kind: "notJson" }],
    ["waits for uploads", { type: "file-list" }, [file("uploading")], { kind: "uploading" }],
    ["refuses a required file that is missing", { type: "file", required: true }, [], { kind: "required" }],
    ["refuses too many files", { type: "file-list", max_length: 1 }, [file("ready"), file("ready")], { kind: "tooManyFiles", max: 1 }],
    ["accepts a required switch that is off", { type: "checkbox", required: true }, false, null],
  ];
  it.each(cases)("%s", (_, over, value, expected) => {
    expect(problemOf(field(over), value)).toEqual(expected);
  });

  it("leaves hidden fields to the server", () => {
    expect(problemsOf([field({ required: true, hide: true })], {})).toEqual({});
  });
});

describe("inputsOf", () => {
  it("gives values in their types and leaves out empty ones", () => {
    const fields = [
      field({ variable: "text" }),
      field({ variable: "empty" }),
      field({ variable: "number", type: "number" }),
      field({ variable: "switch", type: "checkbox" }),
      field({ variable: "object", type: "json_object" }),
      field({ variable: "one", type: "file" }),
      field({ variable: "many", type: "file-list" }),
    ];
    const mapping = { type: "image", transfer_method: "local_file", upload_file_id: "f1" };
    const values = { text: " a ", empty: " ", number: "2.50", switch: false, object: '{"a":1}', one: [file("ready")], many: [file("ready")] };
    expect(inputsOf(fields, values)).toEqual({ text: " a ", number: 2.5, switch: false, object: { a: 1 }, one: mapping, many: [mapping] });
  });
});
