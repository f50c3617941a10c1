/** Pixels that a finger may slip and still press. */
const SLIP = 8;

/**
 * Lets an element be dragged about the window. `onStart` is called when a press becomes a drag; a drag ends without a
 * click.
 */
export function makeDraggable(element: HTMLElement, axis: "both" | "x" | "y", onStart: () => void): void {
  element.style.touchAction = "none";
  let grip: { x: number; y: number; left: number; top: number } | null = null;
  let moved = false;

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    grip = { x: event.clientX, y: event.clientY, left: element.offsetLeft, top: element.offsetTop };
    moved = false;
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    if (grip === null) return;
    const [dx, dy] = [event.clientX - grip.x, event.clientY - grip.y];
    if (!moved && Math.hypot(dx, dy) < SLIP) return;
    if (!moved) onStart();
    moved = true;
    place(element, axis, grip.left + dx, grip.top + dy);
  });
  const release = () => (grip = null);
  element.addEventListener("pointerup", release);
  element.addEventListener("pointercancel", release);
  element.addEventListener(
    "click",
    (event) => {
      if (!moved) return;
      moved = false;
      event.stopImmediatePropagation();
      event.preventDefault();
    },
    { capture: true },
  );
  window.addEventListener("resize", () => {
    if (element.style.left === "" && element.style.top === "") return;
    place(element, axis, element.offsetLeft, element.offsetTop);
  });
}

/** Puts the element there, or as near as the window lets it. */
function place(element: HTMLElement, axis: "both" | "x" | "y", left: number, top: number): void {
  const fit = (wanted: number, room: number) => `${Math.min(Math.max(0, wanted), Math.max(0, room))}px`;
  if (axis !== "y") {
    element.style.left = fit(left, window.innerWidth - element.offsetWidth);
    element.style.right = "auto";
  }
  if (axis !== "x") {
    element.style.top = fit(top, window.innerHeight - element.offsetHeight);
    element.style.bottom = "auto";
  }
}
