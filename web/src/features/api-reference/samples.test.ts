import { describe, expect, it } from "vitest";
import type { AppMode } from "@/api/console";
import { codesOf, STATUS } from "./codes";
import { groupsOf, parametersOf, type Endpoint, type EndpointId } from "./endpoints";
import { exampleInputs, type Facts } from "./facts";
import { sample } from "./samples";

const FORM = [
  { "text-input": { label: "Who's asking?", variable: "who", required: true, max_length: 5 } },
  { select: { label: "Plan", variable: "plan", options: ["free", "paid"] } },
  { number: { label: "Age", variable: "age", default: "7" } },
  { checkbox: { label: "Sure", variable: "sure", default: true } },
  { "file-list": { label: "Pictures", variable: "pictures", allowed_file_types: ["image" as const] } },
];

const facts = (mode: AppMode, streaming = false): Facts => ({
  base: "https://llm.example.com/v1",
  name: "Guide",
  description: "",
  mode,
  streaming,
  fields: [],
  inputs: exampleInputs(FORM),
  parameters: null,
});

function endpoint(mode: AppMode, id: EndpointId): Endpoint {
  const found = groupsOf(mode).flatMap(({ endpoints }) => endpoints).find((each) => each.id === id);
  if (found === undefined) throw new Error(id);
  return found;
}

describe("the examples", () => {
  it("send the app's own inputs", () => {
    expect(exampleInputs(FORM)).toEqual({
      who: "Who's",
      plan: "free",
      age: 7,
      sure: true,
      pictures: [{ type: "image", transfer_method: "local_file", upload_file_id: "UPLOAD_FILE_ID" }],
    });
  });

  it("quote for the shell", () => {
    const curl = sample("curl", endpoint("chat", "sendMessage"), facts("chat"));
    expect(curl).toContain("curl -X POST 'https://llm.example.com/v1/chat-messages' \\\n");
    expect(curl).toContain(String.raw`"who": "Who'\''s"`);
    expect(curl).toContain('"response_mode": "blocking"');
  });

  it("write Python's own constants", () => {
    expect(sample("python", endpoint("workflow", "run"), facts("workflow", true))).toContain('"sure": True,');
  });

  it("read streams line by line", () => {
    const request = endpoint("workflow", "run");
    expect(sample("curl", request, facts("workflow", true))).toContain("curl -N ");
    expect(sample("python", request, facts("workflow", true))).toContain("stream=True");
    expect(sample("javascript", request, facts("workflow", true))).toContain("for await (const chunk of answer.body)");
  });

  it("name what has to be filled in", () => {
    expect(sample("curl", endpoint("chat", "suggested"), facts("chat"))).toContain("'https://llm.example.com/v1/messages/MESSAGE_ID/suggested?user=ada'");
    expect(sample("curl", endpoint("chat", "upload"), facts("chat"))).toContain("-F 'file=@note.txt' \\\n  -F 'user=ada'");
  });
});

describe("the endpoints of a mode", () => {
  it.each(["chat", "agent-chat", "advanced-chat", "completion", "workflow"] as const)("of %s have known codes, and their path's parameters", (mode) => {
    for (const { endpoints } of groupsOf(mode))
      for (const each of endpoints) {
        expect((each.errors ?? []).filter((code) => !(code in STATUS))).toEqual([]);
        const named = parametersOf(each, mode).filter((parameter) => parameter.in === "path").map(({ name }) => name);
        expect(named).toEqual([...each.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      }
    expect(codesOf(mode)).toContain("unauthorized");
  });

  it("keep versions and conversation variables to chatflows", () => {
    const names = (mode: AppMode) => parametersOf(endpoint(mode, "sendMessage"), mode).map(({ name }) => name);
    expect(names("advanced-chat")).toContain("workflow_id");
    expect(names("chat")).not.toContain("workflow_id");
    expect(groupsOf("chat").flatMap(({ endpoints }) => endpoints.map(({ id }) => id))).not.toContain("listVariables");
  });
});
