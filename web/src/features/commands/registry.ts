import type { LucideIcon } from "lucide-react";
import { useEffect, useId } from "react";

/** Something a person can do: a button, a key and a line of the palette are ways to the same command. */
export interface Command {
  id: string;
  /** Translated. */
  label: string;
  icon?: LucideIcon;
  /** Such as `mod+k`, `shift+1` or `v`; `mod` is Cmd on a Mac and Ctrl elsewhere. */
  shortcut?: string;
  /** Further keys, which are not shown. */
  otherShortcuts?: readonly string[];
  /** Keys that whoever offers the command listens to by themselves; shown like the others. */
  ownKeys?: readonly string[];
  /** Translated: what is done in place of pressing keys, such as turning the wheel. */
  how?: string;
  /** Translated: the heading in the palette and in the help. */
  group: string;
  /** Translated words to find it by. */
  keywords?: readonly string[];
  enabled?: boolean;
  /** Its keys also work while typing and over dialogs; they need a modifier then. */
  everywhere?: boolean;
  /** Not in the palette; the help shows it still. */
  onlyKeys?: boolean;
  perform: () => unknown;
}

const owners = new Map<string, readonly Command[]>();
const listeners = new Set<() => void>();
let all: readonly Command[] = [];

function update(owner: string, commands: readonly Command[]): void {
  owners.delete(owner);
  if (commands.length > 0) owners.set(owner, commands);
  all = [...owners.values()].flat();
  for (const listener of listeners) listener();
}

/** Every command of what is on the page now; what came last is last. */
export function currentCommands(): readonly Command[] {
  return all;
}

export function onCommandsChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Offers these commands while the component is mounted. */
export function useCommands(commands: readonly Command[]): void {
  const owner = useId();
  useEffect(() => update(owner, commands), [owner, commands]);
  useEffect(() => () => update(owner, []), [owner]);
}

/** Every key of a command, the first one first. */
export function keysOf({ shortcut, otherShortcuts = [], ownKeys = [] }: Command): readonly string[] {
  return [...(shortcut === undefined ? [] : [shortcut]), ...otherShortcuts, ...ownKeys];
}

/** Performs a command by its id, when it is there and enabled. */
export function performCommand(id: string): void {
  const command = all.findLast((each) => each.id === id);
  if (command !== undefined && command.enabled !== false) command.perform();
}
