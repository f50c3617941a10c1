import { Brain, ChevronRight } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { splitThinking } from "./thinking";

const loadRenderer = () => import("./renderer");
const Renderer = lazy(loadRenderer);

/** Fetches the renderer ahead of the first answer. */
export function preloadMarkdown(): void {
  void loadRenderer();
}

/** A model's text: its thinking folded, the rest as markdown. Plain text until the renderer is there. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className="flex flex-col gap-3">
      {splitThinking(text).map((stretch, at) => {
        if (stretch.kind === "thinking") return <Thinking key={at} text={stretch.text} closed={stretch.closed} />;
        if (stretch.kind === "folded") return <Folded key={at} label={stretch.label ?? ""} text={stretch.text} />;
        return <Rendered key={at} text={stretch.text} />;
      })}
    </div>
  );
}

function Rendered({ text }: { text: string }) {
  return (
    <Suspense fallback={<div className="prose whitespace-pre-wrap">{text}</div>}>
      <Renderer text={text} />
    </Suspense>
  );
}

function Folded({ label, text }: { label: string; text: string }) {
  const { t } = useTranslation();
  return (
    <details className="group">
      <summary className="inline-flex min-h-7 items-center gap-1.5 rounded-control text-muted hover:text-text">
        {label || t("chat.details")}
        <ChevronRight size={14} className="transition-transform group-open:rotate-90" />
      </summary>
      <div className="mt-1 border-l-2 border-line pl-3">
        <Rendered text={text} />
      </div>
    </details>
  );
}

function Thinking({ text, closed }: { text: string; closed: boolean }) {
  const { t } = useTranslation();
  const seconds = useThinkingTime(closed);
  const label = !closed ? t("chat.thinking") : seconds === null ? t("chat.thought") : t("chat.thoughtFor", { count: seconds });
  return (
    <details className="group text-muted">
      <summary className="inline-flex min-h-7 items-center gap-1.5 rounded-control hover:text-text">
        <Brain size={16} strokeWidth={1.5} className={closed ? "" : "animate-pulse-soft"} />
        {label}
        <ChevronRight size={14} className="transition-transform group-open:rotate-90" />
      </summary>
      <div className="mt-1 border-l-2 border-line pl-3 text-14 whitespace-pre-wrap">{text}</div>
    </details>
  );
}

/** Seconds of thinking that this page has watched; null when it was over before. */
function useThinkingTime(closed: boolean): number | null {
  const [seconds, setSeconds] = useState(closed ? null : 1);
  useEffect(() => {
    if (closed) return;
    const timer = setInterval(() => setSeconds((count) => (count ?? 0) + 1), 1000);
    return () => clearInterval(timer);
  }, [closed]);
  return seconds;
}
