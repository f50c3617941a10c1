import { describe, expect, it } from "vitest";
import { hasModifier, isShortcut, isTyping } from "./keys";

function press(key: string, code = "", held: Partial<Record<"metaKey" | "ctrlKey" | "altKey" | "shiftKey", boolean>> = {}) {
  return { key, code, metaKey: false, ctrlKey: false, altKey: false, shiftKey: false, ...held };
}

describe("isShortcut", () => {
  it.each([
    ["k", "KeyK", { ctrlKey: true }, "mod+k", true],
    ["k", "KeyK", {}, "mod+k", false],
    ["k", "KeyK", { ctrlKey: true, shiftKey: true }, "mod+k", false],
    ["Z", "KeyZ", { ctrlKey: true, shiftKey: true }, "mod+shift+z", true],
    ["!", "Digit1", { shiftKey: true }, "shift+1", true],
    ["?", "Slash", { shiftKey: true }, "?", true],
    ["?", "Slash", { shiftKey: true, ctrlKey: true }, "?", false],
    ["å", "KeyA", { altKey: true }, "alt+a", true],
    ["Delete", "Delete", {}, "delete", true],
    [" ", "Space", {}, "space", true],
    ["+", "Equal", { shiftKey: true }, "plus", true],
    ["+", "BracketRight", { ctrlKey: true }, "mod+plus", true],
    ["®", "KeyR", { altKey: true }, "alt+r", true],
  ] as const)("takes %s (%s %o) for %s: %s", (key, code, held, shortcut, expected) => {
    expect(isShortcut(press(key, code, held), shortcut, false)).toBe(expected);
  });

  it("reads mod as the command key on a Mac", () => {
    expect(isShortcut(press("k", "KeyK", { metaKey: true }), "mod+k", true)).toBe(true);
    expect(isShortcut(press("k", "KeyK", { ctrlKey: true }), "mod+k", true)).toBe(false);
  });
});

describe("isTyping", () => {
  it("is where keys become text", () => {
    document.body.innerHTML = `<input id="text"><input id="box" type="checkbox"><textarea id="area"></textarea><button id="button"></button>`;
    const typing = ["text", "box", "area", "button"].filter((id) => isTyping(document.getElementById(id)));
    expect(typing).toEqual(["text", "area"]);
  });
});

describe("hasModifier", () => {
  it("does not count shift", () => {
    expect(["mod+k", "alt+1", "shift+1", "v"].filter(hasModifier)).toEqual(["mod+k", "alt+1"]);
  });
});
