import { useEffect, useRef } from "react";

/** TeX as MathML, which browsers draw themselves; the source shows until KaTeX is loaded and when it is invalid. */
export function Formula({ source, display }: { source: string; display: boolean }) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    let current = true;
    import("katex")
      .then(({ default: katex }) => {
        if (!current || box.current === null) return;
        katex.render(source, box.current, { output: "mathml", displayMode: display, throwOnError: true, maxExpand: 200 });
      })
      .catch(() => {
        if (current && box.current !== null) box.current.textContent = source;
      });
    return () => {
      current = false;
    };
  }, [source, display]);
  return display ? <div ref={(node) => void (box.current = node)} /> : <span ref={(node) => void (box.current = node)} />;
}
