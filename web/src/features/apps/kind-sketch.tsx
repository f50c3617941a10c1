import type { ReactNode } from "react";
import type { AppMode } from "@/api/console";

const LINE = { stroke: "currentColor", strokeWidth: 1.5, fill: "none", strokeLinecap: "round", strokeLinejoin: "round" } as const;

const SKETCHES: Record<AppMode, ReactNode> = {
  chat: (
    <g {...LINE}>
      <rect x="34" y="6" width="32" height="11" rx="5.5" fill="currentColor" fillOpacity="0.16" stroke="none" />
      <path d="M6 28h34M6 34h44M6 40h24" />
    </g>
  ),
  "agent-chat": (
    <g {...LINE}>
      <circle cx="36" cy="25" r="8" fill="currentColor" fillOpacity="0.16" />
      <path d="M28 25H14m30 0h14M36 17V9m0 24v8" strokeDasharray="2 3" />
      <rect x="6" y="21" width="8" height="8" rx="2" />
      <rect x="58" y="21" width="8" height="8" rx="2" />
      <rect x="32" y="1.5" width="8" height="8" rx="2" />
      <rect x="32" y="40.5" width="8" height="8" rx="2" />
    </g>
  ),
  completion: (
    <g {...LINE}>
      <rect x="6" y="10" width="22" height="30" rx="3" />
      <path d="M11 18h12M11 24h8" />
      <path d="M32 25h8m-3-3 3 3-3 3" />
      <rect x="44" y="10" width="22" height="30" rx="3" fill="currentColor" fillOpacity="0.16" />
      <path d="M49 18h12M49 24h12M49 30h7" />
    </g>
  ),
  "advanced-chat": (
    <g {...LINE}>
      <rect x="5" y="19" width="14" height="12" rx="3" />
      <path d="M19 25h10m-10 0c6 0 4-12 10-12m-10 12c6 0 4 12 10 12" />
      <rect x="29" y="8" width="14" height="10" rx="3" fill="currentColor" fillOpacity="0.16" />
      <rect x="29" y="32" width="14" height="10" rx="3" fill="currentColor" fillOpacity="0.16" />
      <path d="M43 13c6 0 4 12 8 12m-8 12c6 0 4-12 8-12m-22 0h22" />
      <path d="M53 19h14v10h-8l-4 4v-4h-2z" />
    </g>
  ),
  workflow: (
    <g {...LINE}>
      <rect x="5" y="19" width="14" height="12" rx="3" />
      <path d="M19 25h9m16 0h9" />
      <rect x="28" y="17" width="16" height="16" rx="3" fill="currentColor" fillOpacity="0.16" />
      <path d="M33 25h6m-3-3v6" />
      <rect x="53" y="19" width="14" height="12" rx="3" />
    </g>
  ),
};

/** What an app of this kind does, drawn in a few lines. */
export function KindSketch({ mode }: { mode: AppMode }) {
  return (
    <svg aria-hidden viewBox="0 0 72 50" className="h-12.5 w-18">
      {SKETCHES[mode]}
    </svg>
  );
}
