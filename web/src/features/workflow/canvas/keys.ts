import { isShortcut } from "@/features/commands/keys";
import { COMMANDS, type Command } from "./commands";

/** The command that a key press asks for, if any. */
export function commandFor(event: KeyboardEvent): Command | undefined {
  return COMMANDS.find((command) => command.native !== true && command.keys?.some((keys) => isShortcut(event, keys)));
}

/** Whether somebody is typing, so that single keys are text. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable=true], dialog, [role=dialog], [role=menu]") !== null;
}
