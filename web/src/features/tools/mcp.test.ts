import { describe, expect, it } from "vitest";
import { identifierFor, mcpBodyOf, mcpFormOf, NEW_SERVER } from "./mcp";
import type { ToolProvider } from "./tools-query";

const SERVER = { name: "Sums", server_identifier: "sums", server_url: "http://a/******", masked_headers: { "x-key": "ab**yz" }, client_id: "me", icon: null } as unknown as ToolProvider;

describe("identifierFor", () => {
  it.each([
    ["My Sums 2", "my-sums-2"],
    ["  --Weather!! ", "weather"],
    ["天気", ""],
    ["a".repeat(40), "a".repeat(24)],
  ])("makes of %s %s", (name, identifier) => {
    expect(identifierFor(name)).toBe(identifier);
  });
});

describe("mcpBodyOf", () => {
  it("sends what is kept back as it is shown", () => {
    const body = mcpBodyOf(mcpFormOf(SERVER), SERVER);
    expect(body).toMatchObject({ server_url: "http://a/******", headers: { "x-key": "ab**yz" }, client_secret: "[__HIDDEN__]" });
  });

  it("keeps no secret of another client", () => {
    expect(mcpBodyOf({ ...mcpFormOf(SERVER), clientId: "other" }, SERVER).client_secret).toBe("");
  });

  it("leaves headers without a name out", () => {
    expect(mcpBodyOf({ ...NEW_SERVER, headers: [{ id: 0, name: " ", value: "x" }] }, undefined).headers).toEqual({});
  });
});
