import { useCallback, useEffect, useRef, useState } from "react";

const NEAR = 24;

/**
 * Keeps the end of a growing scroll area in view while the reader is there, and lets go as soon as they scroll up.
 * `content` is the element that grows inside the scroll area.
 */
export function useStickToBottom() {
  const area = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const sticking = useRef(true);
  const [atBottom, setAtBottom] = useState(true);

  const toBottom = useCallback((behavior: ScrollBehavior = "instant") => {
    sticking.current = true;
    setAtBottom(true);
    area.current?.scrollTo({ top: area.current.scrollHeight, behavior });
  }, []);

  useEffect(() => {
    const box = area.current;
    const inner = content.current;
    if (box === null || inner === null) return;
    let last = box.scrollTop;
    const onScroll = () => {
      const near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
      if (near) sticking.current = true;
      else if (box.scrollTop < last) sticking.current = false;
      last = box.scrollTop;
      setAtBottom(near);
    };
    const onWheel = (event: WheelEvent) => {
      if (event.deltaY < 0 && box.scrollHeight > box.clientHeight) sticking.current = false;
    };
    const observer = new ResizeObserver(() => {
      if (sticking.current) box.scrollTop = box.scrollHeight;
      setAtBottom(box.scrollHeight - box.scrollTop - box.clientHeight < NEAR);
    });
    box.addEventListener("scroll", onScroll, { passive: true });
    box.addEventListener("wheel", onWheel, { passive: true });
    observer.observe(inner);
    observer.observe(box);
    return () => {
      box.removeEventListener("scroll", onScroll);
      box.removeEventListener("wheel", onWheel);
      observer.disconnect();
    };
  }, []);

  return { area, content, atBottom, toBottom };
}
