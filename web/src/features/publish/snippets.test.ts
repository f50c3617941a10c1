import { describe, expect, it } from "vitest";
import { readConfig } from "@/embed/config";
import { snippet } from "./snippets";

const ADDRESS = "https://t.example/treadle/chatbot/abc123";

function parsed(html: string): Document {
  return new DOMParser().parseFromString(html, "text/html");
}

describe("snippet", () => {
  it("frames the chat", () => {
    expect(parsed(snippet("frame", "abc123", ADDRESS)).querySelector("iframe")?.src).toBe(ADDRESS);
  });

  it("loads the script from where the chat is, with what it needs to know", () => {
    const script = parsed(snippet("strict", "abc123", ADDRESS)).querySelector("script");
    expect(script?.src).toBe("https://t.example/treadle/embed.min.js");
    expect(readConfig({} as Window, script)).toMatchObject({ token: "abc123", baseUrl: "https://t.example/treadle", inputs: {} });
    expect(parsed(snippet("bubble", "abc123", ADDRESS)).querySelector<HTMLScriptElement>("script[src]")?.src).toBe("https://t.example/treadle/embed.min.js");
  });
});
