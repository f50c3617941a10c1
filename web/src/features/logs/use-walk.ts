import { useEffect } from "react";
import { isShortcut, isTyping } from "@/features/commands/keys";

export const WALK = { above: "k", below: "j" } as const;

/** Keys that lead from an open entry to its neighbours, unless somebody types or something else lies above it. */
export function useWalk(above: string | undefined, below: string | undefined, onOpen: (id: string) => void): void {
  useEffect(() => {
    const walk = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event.target) || document.querySelectorAll(LAYERS).length > 1) return;
      const id = isShortcut(event, WALK.above) ? above : isShortcut(event, WALK.below) ? below : undefined;
      if (id === undefined) return;
      event.preventDefault();
      onOpen(id);
    };
    document.addEventListener("keydown", walk);
    return () => document.removeEventListener("keydown", walk);
  }, [above, below, onOpen]);
}

const LAYERS = ":is([role=dialog], [role=alertdialog], [role=menu], [role=listbox])[data-state=open]";
