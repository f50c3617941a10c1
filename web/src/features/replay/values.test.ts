import { expect, test } from "vitest";
import type { ReplayVariable } from "./api";
import { asJson, changedInputs, editorText, fromJson } from "./values";

function variable(key: string, value: ReplayVariable["value"], known = true): ReplayVariable {
  return { key, selector: key.split("."), required: true, known, value, lost_file: null };
}

const WORD = variable("start.word", "hi");
const COUNT = variable("start.count", 2);
const NONE = variable("gone.text", null, false);

test("only what was changed is sent, text as text and the rest as JSON", () => {
  const texts = { "start.word": "7", "start.count": "3", "gone.text": "" };
  expect(changedInputs([WORD, COUNT, NONE], texts)).toEqual({ "start.word": "7", "start.count": 3 });
  expect(changedInputs([WORD, COUNT, NONE], { "start.word": "hi", "start.count": "2" })).toEqual({});
  expect(changedInputs([NONE], { "gone.text": "given" })).toEqual({ "gone.text": "given" });
});

test("what should be JSON and is not is told apart", () => {
  expect(changedInputs([COUNT], { "start.count": "{" })).toBeNull();
});

test("all values are edited as one JSON text and come back", () => {
  const json = asJson([WORD, COUNT, NONE], { "start.word": "ho" });
  expect(JSON.parse(json)).toEqual({ "start.word": "ho", "start.count": 2 });
  expect(fromJson([WORD, COUNT, NONE], json)).toEqual({ "start.word": "ho", "start.count": "2" });
  expect(fromJson([WORD], "[1]")).toBeNull();
  expect(editorText(variable("a.b", { x: 1 }))).toBe('{\n  "x": 1\n}');
});
