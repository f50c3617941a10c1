import { lazy, Suspense, useEffect } from "react";
import { useConsoleCommands } from "./console-commands";
import { hasModifier, isShortcut, isTyping } from "./keys";
import { usePaletteState } from "./palette-state";
import { currentCommands, type Command } from "./registry";

const Palette = lazy(() => import("./palette"));
const ShortcutHelp = lazy(() => import("./shortcut-help"));

/** Listens to the keys of every command, and shows the palette and the help. Once per page. */
export function CommandDispatcher() {
  useConsoleCommands();
  const { shown, show } = usePaletteState();
  useEffect(() => {
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
  return (
    <Suspense>
      {shown === "palette" && <Palette onClose={() => show(null)} />}
      {shown === "shortcuts" && <ShortcutHelp onClose={() => show(null)} />}
    </Suspense>
  );
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const reserved = isTyping(event.target) || document.querySelector(LAYERS) !== null;
  const command = currentCommands().findLast((each) => answers(each, event, reserved));
  if (command === undefined) return;
  event.preventDefault();
  command.perform();
}

/** What has the keys to itself while it is open. */
const LAYERS = ":is([role=dialog], [role=alertdialog], [role=menu], [role=listbox])[data-state=open]";

function answers(command: Command, event: KeyboardEvent, reserved: boolean): boolean {
  if (command.enabled === false) return false;
  const keys = [...(command.shortcut === undefined ? [] : [command.shortcut]), ...(command.otherShortcuts ?? [])];
  return keys.some((key) => (!reserved || (command.everywhere === true && hasModifier(key))) && isShortcut(event, key));
}
