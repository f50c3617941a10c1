import { describe, expect, it } from "vitest";
import type { Operation } from "../tools-query";
import { argumentsOf, bodyOf, credentialsOf, NEW_API } from "./draft";

const OPERATION = {
  parameters: [
    { name: "id", type: "number" },
    { name: "tags", type: "array" },
    { name: "note", type: "string" },
  ],
} as unknown as Operation;

describe("credentialsOf", () => {
  it("sends only what the chosen kind needs", () => {
    const auth = { ...NEW_API.auth, api_key_value: "k" };
    expect(credentialsOf(auth)).toEqual({ auth_type: "none" });
    expect(credentialsOf({ ...auth, auth_type: "api_key_query" })).toEqual({ auth_type: "api_key_query", api_key_value: "k", api_key_query_param: "key" });
    expect(credentialsOf({ ...auth, auth_type: "api_key_header" })).toEqual({
      auth_type: "api_key_header",
      api_key_value: "k",
      api_key_header: "Authorization",
      api_key_header_prefix: "bearer",
    });
  });
});

describe("bodyOf", () => {
  it("names the API that is changed", () => {
    const body = bodyOf({ ...NEW_API, name: " orders " }, "old");
    expect([body.provider, body.original_provider]).toEqual(["orders", "old"]);
  });
});

describe("argumentsOf", () => {
  it("leaves empty values out and reads JSON", () => {
    expect(argumentsOf(OPERATION, { id: "7", tags: '["a"]', note: "" })).toEqual({ id: "7", tags: ["a"] });
  });

  it("leaves broken JSON to the server, which says what is wrong", () => {
    expect(argumentsOf(OPERATION, { tags: "[a" })).toEqual({ tags: "[a" });
  });
});
