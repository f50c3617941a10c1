import { describe, expect, it } from "vitest";
import { isOrigin, siteProblems, type SiteSettings } from "./site";

const SITE: SiteSettings = {
  code: "c",
  url: "https://t.example/chat/c",
  embed_url: "https://t.example/chatbot/c",
  title: "Guide",
  description: "",
  icon_type: "emoji",
  icon: "🧭",
  icon_background: null,
  default_language: "en-US",
  chat_color_theme: null,
  chat_color_theme_inverted: false,
  copyright: "",
  privacy_policy: "",
  custom_disclaimer: "",
  input_placeholder: "",
  show_workflow_steps: true,
  use_icon_as_answer_icon: false,
  embed_origins: ["*"],
};

describe("siteProblems", () => {
  const cases: [string, Partial<SiteSettings>, ReturnType<typeof siteProblems>][] = [
    ["nothing about a new page", {}, {}],
    ["a missing name", { title: "  " }, { title: "titleMissing" }],
    ["a colour by name", { chat_color_theme: "blue" }, { chat_color_theme: "colourWrong" }],
    ["nothing about a colour taken away", { chat_color_theme: "" }, {}],
    ["a policy that is a script", { privacy_policy: "javascript:alert(1)" }, { privacy_policy: "privacyWrong" }],
    ["a policy without a scheme", { privacy_policy: "example.com" }, { privacy_policy: "privacyWrong" }],
    ["nothing about spaces around a policy", { privacy_policy: " https://example.com/p " }, {}],
    ["an origin with a path", { embed_origins: ["https://a.example", "https://a.example/x"] }, { embed_origins: "originWrong" }],
  ];
  it.each(cases)("names %s", (_, change, expected) => {
    expect(siteProblems({ ...SITE, ...change })).toEqual(expected);
  });
});

describe("isOrigin", () => {
  it.each(["https://a.example", "http://localhost:3000", "https://*.a.example"])("takes %s", (text) => expect(isOrigin(text)).toBe(true));
  it.each(["a.example", "https://a.example/", "ftp://a.example", "https://a.example; x", "*"])("refuses %s", (text) => expect(isOrigin(text)).toBe(false));
});
