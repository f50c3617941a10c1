import { describe, expect, it } from "vitest";
import type { FormQuestion } from "@/api/human-form";
import { fieldsOf, partsOf } from "./layout";

const QUESTIONS: FormQuestion[] = [
  { type: "paragraph", output_variable_name: "your_note", default: { value: "hm" } },
  { type: "select", output_variable_name: "pick", option_source: { value: ["a", "b"] } },
  { type: "file-list", output_variable_name: "docs", allowed_file_types: ["image"], allowed_file_extensions: [], number_limits: 2 },
];

describe("the parts of a form", () => {
  const fields = fieldsOf(QUESTIONS);
  const shown = (content: string) => partsOf(content, fields).map((part) => (part.kind === "text" ? part.text : `<${part.field.variable}>`));

  it("put fields where the text names them, in both spellings", () => {
    expect(shown("One {{#$output.pick#}}\n\nTwo {{#$outputs.your_note#}} three {{#$output.docs#}}")).toEqual([
      "One",
      "<pick>",
      "Two",
      "<your_note>",
      "three",
      "<docs>",
    ]);
  });

  it("put fields that the text does not name at its end, and none twice", () => {
    expect(shown("{{#$output.pick#}} {{#$output.pick#}} {{#$output.unknown#}} end")).toEqual(["<pick>", "end", "<your_note>", "<docs>"]);
  });

  it("leave other references alone", () => {
    expect(shown("{{#start.x#}}")[0]).toBe("{{#start.x#}}");
  });

  it("require everything but paragraphs", () => {
    expect(fields.map(({ variable, label, required, default: value, options, max_length }) => [variable, label, required, value, options, max_length])).toEqual([
      ["your_note", "Your note", false, "hm", [], null],
      ["pick", "Pick", true, null, ["a", "b"], null],
      ["docs", "Docs", true, null, [], 2],
    ]);
  });
});
