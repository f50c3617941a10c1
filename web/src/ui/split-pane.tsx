import clsx from "clsx";
import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";

interface SplitPaneProps {
  /** Under which this browser remembers the size. */
  storageKey: string;
  /** Of the handle, for assistive technology: what it makes larger. */
  label: string;
  /** Side by side, or one above the other. */
  direction?: "row" | "column";
  /** Which of the two has the size; the other one takes the rest. */
  sized?: "first" | "second";
  /** Pixels. */
  initial: number;
  min: number;
  max: number;
  first: ReactNode;
  second: ReactNode;
  className?: string;
}

const STEP = 16;

/** Two panes with a handle between them, to drag or to move by arrow keys; a double click brings the first size back. */
export function SplitPane({ storageKey, label, direction = "row", sized = "second", initial, min, max, first, second, className }: SplitPaneProps) {
  const [size, setSize] = useState(() => {
    const stored = Number(localStorage.getItem(storageKey));
    return stored > 0 ? clamp(stored, min, max) : initial;
  });
  const drag = useRef<{ at: number; size: number } | null>(null);
  const sign = sized === "first" ? 1 : -1;
  const row = direction === "row";
  const resize = (next: number) => {
    const fitted = clamp(next, min, max);
    setSize(fitted);
    localStorage.setItem(storageKey, String(Math.round(fitted)));
  };
  const at = (event: PointerEvent) => (row ? event.clientX : event.clientY);
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Record<string, number> = { [row ? "ArrowLeft" : "ArrowUp"]: -STEP, [row ? "ArrowRight" : "ArrowDown"]: STEP };
    const move = moves[event.key];
    if (move !== undefined) resize(size + sign * move);
    else if (event.key === "Home") resize(min);
    else if (event.key === "End") resize(max);
    else return;
    event.preventDefault();
  };
  const box = { [row ? "width" : "height"]: size };
  return (
    <div className={clsx("flex min-h-0 min-w-0", row ? "flex-row" : "flex-col", className)}>
      <div className={clsx("min-h-0 min-w-0", sized === "first" ? "shrink-0" : "flex-1")} style={sized === "first" ? box : undefined}>
        {first}
      </div>
      <div
        role="separator"
        tabIndex={0}
        aria-label={label}
        aria-orientation={row ? "vertical" : "horizontal"}
        aria-valuenow={Math.round(size)}
        aria-valuemin={min}
        aria-valuemax={max}
        onKeyDown={onKeyDown}
        onDoubleClick={() => resize(initial)}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          drag.current = { at: at(event), size };
        }}
        onPointerMove={(event) => {
          if (drag.current !== null) resize(drag.current.size + sign * (at(event) - drag.current.at));
        }}
        onPointerUp={() => (drag.current = null)}
        onPointerCancel={() => (drag.current = null)}
        className={clsx(
          "relative z-10 shrink-0 touch-none bg-line transition-colors select-none after:absolute hover:bg-accent focus-visible:bg-accent",
          row ? "w-px cursor-col-resize after:-inset-x-1.5 after:inset-y-0" : "h-px cursor-row-resize after:inset-x-0 after:-inset-y-1.5",
        )}
      />
      <div className={clsx("min-h-0 min-w-0", sized === "second" ? "shrink-0" : "flex-1")} style={sized === "second" ? box : undefined}>
        {second}
      </div>
    </div>
  );
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
