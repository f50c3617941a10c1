import { expect, test } from "vitest";
import { familyOf } from "../graph/kinds";
import { helpFor } from "./node-help";

test("every node of the palette has its part of the documentation", () => {
  const types = [
    "start", "end", "answer", "llm", "agent", "knowledge-retrieval", "question-classifier", "parameter-extractor", "document-extractor",
    "list-operator", "if-else", "iteration", "loop", "loop-end", "code", "template-transform", "http-request", "tool", "trigger-webhook",
    "trigger-schedule", "trigger-plugin", "datasource", "knowledge-index", "human-input", "variable-aggregator", "assigner",
  ]; // prettier-ignore
  for (const type of types) {
    expect(familyOf(type), type).toBeTruthy();
    expect(helpFor(type), type).toMatch(/\w{3}/);
  }
  expect(helpFor("code")).not.toContain("](");
  expect(helpFor("llm")).toMatch(/^\| `model` \|/m);
  expect(helpFor("llm")).toContain("dropped from the oldest on until the rest fits");
  expect(helpFor("no-such-node")).toBeNull();
});
