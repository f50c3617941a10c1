import { Blob as NodeBlob } from "node:buffer";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { valuesFromAddress } from "@/features/input-form/url-values";
import { visitorFromAddress } from "@/features/webapp/visitor";
import { chatAddress } from "./address";
import { ConfigError, readConfig } from "./config";

const scriptOf = (attributes: Record<string, string>): HTMLScriptElement => {
  const script = document.createElement("script");
  script.src = "https://treadle.example/embed.min.js";
  for (const [name, value] of Object.entries(attributes)) script.setAttribute(name, value);
  return script;
};
const pageWith = (config: Partial<Pick<Window, "treadleChatbotConfig" | "difyChatbotConfig">>) => config as unknown as Window;

// That of jsdom has no stream.
beforeEach(() => void vi.stubGlobal("Blob", NodeBlob));
afterEach(() => vi.unstubAllGlobals());

describe("readConfig", () => {
  it("takes our name before Dify's, and the script's origin where no base is given", () => {
    const config = readConfig(pageWith({ treadleChatbotConfig: { token: "abc" }, difyChatbotConfig: { token: "old" } }), scriptOf({}));
    expect(config).toMatchObject({ token: "abc", baseUrl: "https://treadle.example", prefix: "treadle", draggable: false, dragAxis: "both", inputs: {} });
  });

  it("names elements as Dify does on a page written for it", () => {
    const config = readConfig(pageWith({ difyChatbotConfig: { token: "abc", baseUrl: "https://t.example/", isDev: true, draggable: true, dragAxis: "x" } }), null);
    expect(config).toMatchObject({ baseUrl: "https://t.example", prefix: "dify", draggable: true, dragAxis: "x" });
  });

  it("reads the attributes of its script", () => {
    const script = scriptOf({ "data-token": "abc", "data-inputs": '{"city":"Oslo"}', "data-draggable": "true", "data-drag-axis": "y" });
    expect(readConfig(pageWith({}), script)).toMatchObject({ token: "abc", inputs: { city: "Oslo" }, draggable: true, dragAxis: "y" });
  });

  it.each([
    ["token", { baseUrl: "https://t.example" }],
    ["token", { token: "../x", baseUrl: "https://t.example" }],
    ["baseUrl", { token: "abc" }],
    ["baseUrl", { token: "abc", baseUrl: "javascript:alert(1)" }],
    ["inputs", { token: "abc", baseUrl: "https://t.example", inputs: "no json" }],
    ["containerProps", { token: "abc", baseUrl: "https://t.example", containerProps: [] }],
  ])("says what is wrong with %s", (name, config) => {
    const read = () => readConfig(pageWith({ treadleChatbotConfig: config }), null);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(name);
  });
});

describe("chatAddress", () => {
  it("carries what the page of the chat reads", async () => {
    const config = readConfig(
      pageWith({
        treadleChatbotConfig: {
          token: "abc",
          baseUrl: "https://t.example",
          inputs: { city: "São Paulo + 東京", days: 3, none: null },
          systemVariables: { user_id: "ada", conversation_id: "c1" },
          userVariables: { name: "Ada", avatar_url: "https://t.example/ada.png" },
        },
      }),
      null,
    );
    const url = new URL(await chatAddress(config));
    expect(url.pathname).toBe("/chatbot/abc");
    expect(await valuesFromAddress(url.search)).toMatchObject({ city: "São Paulo + 東京", days: "3" });
    expect(url.searchParams.has("none")).toBe(false);
    expect(await visitorFromAddress(url.search)).toEqual({ userId: "ada", conversationId: "c1", name: "Ada", avatarUrl: "https://t.example/ada.png" });
  });

  it("is bare without anything to carry", async () => {
    expect(await chatAddress(readConfig(pageWith({ treadleChatbotConfig: { token: "abc" } }), scriptOf({})))).toBe("https://treadle.example/chatbot/abc");
  });
});

describe("visitorFromAddress", () => {
  it("knows nobody from an address without names, and takes no script as a picture", async () => {
    expect(await visitorFromAddress("?conversation=c1")).toEqual({ userId: null, conversationId: null, name: null, avatarUrl: null });
    const evil = await chatAddress(readConfig(pageWith({ treadleChatbotConfig: { token: "a", userVariables: { avatar_url: "javascript:x" } } }), scriptOf({})));
    expect((await visitorFromAddress(new URL(evil).search)).avatarUrl).toBeNull();
  });
});
