import { useEffect, useLayoutEffect, useRef, type ReactNode } from "react";

interface FloatingCardProps {
  x: number;
  y: number;
  label: string;
  onClose: () => void;
  children: ReactNode;
}

/** A card at a place of the window, moved so that it fits; a click elsewhere closes it. */
export function FloatingCard({ x, y, label, onClose, children }: FloatingCardProps) {
  const card = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const box = card.current;
    if (box === null) return;
    box.style.left = `${Math.max(8, Math.min(x, window.innerWidth - box.offsetWidth - 8))}px`;
    box.style.top = `${Math.max(8, Math.min(y, window.innerHeight - 440))}px`;
  }, [x, y]);
  useEffect(() => {
    const opener = document.activeElement;
    const away = (event: PointerEvent) => {
      if (event.target instanceof Node && card.current?.contains(event.target) === false) onClose();
    };
    document.addEventListener("pointerdown", away, true);
    return () => {
      document.removeEventListener("pointerdown", away, true);
      if (opener instanceof HTMLElement && opener.isConnected && document.activeElement === document.body) opener.focus({ preventScroll: true });
    };
  }, [onClose]);
  return (
    <div
      ref={card}
      role="dialog"
      aria-label={label}
      className="animate-fade fixed z-30 flex max-h-[min(430px,90dvh)] w-85 max-w-[calc(100vw-16px)] flex-col overflow-hidden rounded-card border border-line bg-raised shadow-float"
    >
      {children}
    </div>
  );
}
