import { useEffect, useState } from "react";

/** The file that was dropped anywhere on the page, and whether one is held over it. */
export function useDroppedFile(enabled: boolean): { file: File | null; over: boolean; forget: () => void } {
  const [file, setFile] = useState<File | null>(null);
  const [over, setOver] = useState(false);
  useEffect(() => {
    if (!enabled) return;
    let depth = 0;
    const withFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true && document.querySelector("[role=dialog]") === null;
    const count = (by: number) => {
      depth = Math.max(0, depth + by);
      setOver(depth > 0);
    };
    const enter = (event: DragEvent) => {
      if (withFiles(event)) count(1);
    };
    const leave = (event: DragEvent) => {
      if (withFiles(event)) count(-1);
    };
    const above = (event: DragEvent) => {
      if (withFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (!withFiles(event)) return;
      event.preventDefault();
      count(-depth);
      setFile(event.dataTransfer?.files[0] ?? null);
    };
    window.addEventListener("dragenter", enter);
    window.addEventListener("dragleave", leave);
    window.addEventListener("dragover", above);
    window.addEventListener("drop", drop);
    return () => {
      setOver(false);
      window.removeEventListener("dragenter", enter);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("dragover", above);
      window.removeEventListener("drop", drop);
    };
  }, [enabled]);
  return { file, over, forget: () => setFile(null) };
}
