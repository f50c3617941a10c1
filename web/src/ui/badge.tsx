import clsx from "clsx";
import type { ReactNode } from "react";

type Tone = "plain" | "accent" | "ok" | "warn" | "danger";

const TONES: Record<Tone, string> = {
  plain: "bg-sunken text-muted",
  accent: "bg-accent-soft text-accent",
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  danger: "bg-danger-soft text-danger",
};

/** A word about the thing beside it. */
export function Badge({ tone = "plain", icon, children }: { tone?: Tone; icon?: ReactNode; children: ReactNode }) {
  return (
    <span className={clsx("inline-flex h-5 max-w-full shrink-0 items-center gap-1 rounded-sm px-1.5 text-12 font-medium whitespace-nowrap", TONES[tone])}>
      {icon}
      <span className="truncate">{children}</span>
    </span>
  );
}
