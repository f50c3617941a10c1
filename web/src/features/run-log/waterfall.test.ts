import { describe, expect, it } from "vitest";
import type { RunNode } from "@/api/console";
import { spansOf } from "./waterfall";

const node = (index: number, from: number, length: number | null, over: Partial<RunNode> = {}): RunNode => ({
  id: `e${index}`,
  node_id: `n${index}`,
  node_type: "llm",
  title: "",
  index,
  status: length === null ? "running" : "succeeded",
  error: null,
  inputs: null,
  process_data: null,
  outputs: null,
  elapsed_time: length,
  execution_metadata: null,
  created_at: 100 + from,
  finished_at: length === null ? null : 100 + from + length,
  predecessor_node_id: null,
  iteration_id: null,
  loop_id: null,
  retry_index: null,
  ...over,
});

describe("spansOf", () => {
  it("puts every node on the run's time", () => {
    const run = { created_at: 100, finished_at: 110, elapsed_time: 10, nodes: [node(2, 5, 5), node(1, 0, 5)] };
    expect(spansOf(run, 0).map(({ node: { id }, start, length }) => [id, start, length])).toEqual([
      ["e1", 0, 0.5],
      ["e2", 0.5, 0.5],
    ]);
  });

  it("lets a running node reach to now", () => {
    const run = { created_at: 100, finished_at: null, elapsed_time: null, nodes: [node(1, 0, 5), node(2, 5, null)] };
    expect(spansOf(run, 120)[1]).toMatchObject({ start: 0.25, length: 0.75 });
  });

  it("hangs inner nodes under their container", () => {
    const nodes = [node(1, 0, 10, { node_type: "iteration" }), node(2, 1, 2, { iteration_id: "n1" }), node(3, 3, 2, { iteration_id: "n1" })];
    const spans = spansOf({ created_at: 100, finished_at: 110, elapsed_time: 10, nodes }, 0);
    expect(spans.map((span) => [span.node.id, span.children.map((child) => child.node.id)])).toEqual([["e1", ["e2", "e3"]]]);
  });
});
