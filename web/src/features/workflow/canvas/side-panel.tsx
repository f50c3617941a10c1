import clsx from "clsx";
import { X } from "lucide-react";
import { useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";

const LEAST = 400;
const MOST = 560;
const KEY = "treadle.inspector-width";

/** What lies right of the canvas: 400 to 560 pixels as one likes, on phones the whole width. */
export function SidePanel({ label, children }: { label: string; children: ReactNode }) {
  const { t } = useTranslation();
  const [width, setWidth] = useState(() => clamp(Number(localStorage.getItem(KEY)) || LEAST));
  const resize = (to: number) => {
    const next = clamp(to);
    setWidth(next);
    localStorage.setItem(KEY, String(next));
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) resize(window.innerWidth - event.clientX);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: 20, ArrowRight: -20 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    resize(width + step);
  };
  return (
    <aside
      aria-label={label}
      style={{ width }}
      className="relative z-20 flex min-h-0 shrink-0 flex-col border-l border-line bg-surface max-md:absolute max-md:inset-0 max-md:w-full! max-md:border-l-0"
    >
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label={t("workflow.panel.resize")}
        aria-valuemin={LEAST}
        aria-valuemax={MOST}
        aria-valuenow={width}
        tabIndex={0}
        className="absolute inset-y-0 -left-1 z-10 w-2 cursor-col-resize touch-none hover:bg-accent/20 max-md:hidden"
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={onPointerMove}
        onKeyDown={onKeyDown}
      />
      {children}
    </aside>
  );
}

interface PanelProps {
  title: string;
  onClose: () => void;
  actions?: ReactNode;
  padded?: boolean;
  children: ReactNode;
}

/** The head and the scrolled content of a side panel. */
export function Panel({ title, onClose, actions, padded = true, children }: PanelProps) {
  const { t } = useTranslation();
  return (
    <>
      <header className="flex h-11 shrink-0 items-center gap-1 border-b border-line pr-2 pl-4">
        <h2 className="min-w-0 flex-1 truncate text-14 font-semibold">{title}</h2>
        {actions}
        <IconButton label={t("common.close")} onClick={onClose}>
          <X size={16} strokeWidth={1.5} aria-hidden />
        </IconButton>
      </header>
      <div tabIndex={0} role="region" aria-label={title} className={clsx("min-h-0 flex-1 overflow-y-auto -outline-offset-2", padded && "p-4")}>
        {children}
      </div>
    </>
  );
}

function clamp(width: number): number {
  return Math.max(LEAST, Math.min(MOST, width));
}
