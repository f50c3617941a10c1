import { COMMANDS, type Command } from "./commands";

const MAC = navigator.platform.startsWith("Mac");

/** The command that a key press asks for, if any. */
export function commandFor(event: KeyboardEvent): Command | undefined {
  return COMMANDS.find((command) => command.native !== true && command.keys?.some((keys) => pressed(keys, event)));
}

function pressed(keys: string, event: KeyboardEvent): boolean {
  const parts = keys.split("+");
  const key = keys.endsWith("+") ? "+" : (parts.at(-1) ?? "");
  const wants = (part: string): boolean => keys !== "+" && parts.slice(0, -1).includes(part);
  if (wants("mod") !== (MAC ? event.metaKey : event.ctrlKey) || wants("alt") !== event.altKey) return false;
  if (/^\d$/.test(key)) return wants("shift") === event.shiftKey && event.code === `Digit${key}`;
  // Signs are typed with Shift on some keyboards and without on others.
  if (/^[a-z]/.test(key) && wants("shift") !== event.shiftKey) return false;
  return event.key.toLowerCase() === key;
}

/** Whether somebody is typing, so that single keys are text. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable=true], dialog, [role=dialog], [role=menu]") !== null;
}

/** A shortcut as it stands on menus: "Ctrl+Shift+Z", "⇧⌘Z". */
export function shownKeys(keys: string): string {
  const parts = keys === "+" ? ["+"] : keys.split("+").filter((part) => part !== "");
  const names: Record<string, string> = MAC
    ? { mod: "⌘", shift: "⇧", alt: "⌥", enter: "↩", delete: "⌦", backspace: "⌫", arrowright: "→", arrowleft: "←" }
    : { mod: "Ctrl", shift: "Shift", alt: "Alt", enter: "Enter", delete: "Del", backspace: "⌫", arrowright: "→", arrowleft: "←" };
  return parts.map((part) => names[part] ?? part.toUpperCase()).join(MAC ? "" : "+");
}
