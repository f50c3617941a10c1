import { useEffect } from "react";

/**
 * Keeps `--viewport-height` at what a phone's keyboard leaves visible. Browsers that honour `interactive-widget` shrink
 * the layout themselves; Safari only reports it here.
 */
export function useViewportHeight(): void {
  useEffect(() => {
    const viewport = window.visualViewport;
    if (viewport === null) return;
    const { style } = document.documentElement;
    const measure = () => {
      style.setProperty("--viewport-height", `${viewport.height}px`);
      if (viewport.offsetTop > 0) window.scrollTo(0, 0);
    };
    measure();
    viewport.addEventListener("resize", measure);
    return () => {
      viewport.removeEventListener("resize", measure);
      style.removeProperty("--viewport-height");
    };
  }, []);
}
