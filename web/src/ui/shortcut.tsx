import clsx from "clsx";

/** Whether `mod` is the command key of this machine. */
export const APPLE = /Mac|iPhone|iPad/.test(navigator.userAgent);

const APPLE_NAMES: Record<string, string> = { mod: "⌘", shift: "⇧", alt: "⌥", ctrl: "⌃" };
const OTHER_NAMES: Record<string, string> = { mod: "Ctrl", shift: "Shift", alt: "Alt", ctrl: "Ctrl" };
const KEY_NAMES: Record<string, string> = {
  enter: "↵",
  escape: "Esc",
  backspace: "⌫",
  delete: "Del",
  space: "␣",
  plus: "+",
  arrowup: "↑",
  arrowdown: "↓",
  arrowleft: "←",
  arrowright: "→",
};

/** The keys of `mod+shift+z` as this machine's keyboard names them. */
export function shortcutText(keys: string, apple: boolean = APPLE): string {
  const names = apple ? APPLE_NAMES : OTHER_NAMES;
  return keys
    .split("+")
    .map((key) => names[key] ?? KEY_NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key))
    .join(apple ? "" : "+");
}

/** A keyboard shortcut, written small. */
export function Shortcut({ keys, className }: { keys: string; className?: string }) {
  return <kbd className={clsx("font-sans text-12 tracking-wide whitespace-nowrap", className ?? "text-muted")}>{shortcutText(keys)}</kbd>;
}
