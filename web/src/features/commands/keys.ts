import { APPLE } from "@/ui/shortcut";

type KeyPress = Pick<KeyboardEvent, "key" | "code" | "metaKey" | "ctrlKey" | "altKey" | "shiftKey">;

/** Whether a key press is `shortcut`, such as `mod+shift+z` or `?`. */
export function isShortcut(event: KeyPress, shortcut: string, apple: boolean = APPLE): boolean {
  const parts = shortcut.toLowerCase().split("+");
  const wanted = parts.at(-1) ?? "";
  const mod = apple ? event.metaKey : event.ctrlKey;
  const control = apple && event.ctrlKey;
  if (mod !== parts.includes("mod") || control !== parts.includes("ctrl") || event.altKey !== parts.includes("alt")) return false;
  // On a keyboard `?` takes shift and on another it does not: a sign is meant as it is written.
  const sign = wanted === "plus" || (wanted.length === 1 && !/[a-z0-9]/.test(wanted));
  if (!sign && event.shiftKey !== parts.includes("shift")) return false;
  return keyOf(event, parts) === wanted;
}

/** With Alt or Shift the key says another letter on many keyboards, so that then its place counts. */
function keyOf(event: KeyPress, parts: readonly string[]): string {
  if (event.key === " ") return "space";
  if (event.key === "+") return "plus";
  if (parts.includes("alt") || parts.includes("shift")) {
    const placed = /^(?:Key|Digit)([A-Z0-9])$/.exec(event.code)?.[1];
    if (placed !== undefined) return placed.toLowerCase();
  }
  return event.key.toLowerCase();
}

/** Whether keys are text where they land. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "range"].includes(target.type);
}

export function hasModifier(shortcut: string): boolean {
  return /\b(mod|ctrl|alt)\+/.test(shortcut);
}
