import type { AppMode } from "@/api/console";

/** The kinds of app in the order in which they are offered. */
export const MODES: readonly AppMode[] = ["chat", "agent-chat", "completion", "advanced-chat", "workflow"];

/** Those that are set up on one page, and those that are drawn. */
export const SIMPLE: readonly AppMode[] = ["chat", "agent-chat", "completion"];
export const DRAWN: readonly AppMode[] = ["advanced-chat", "workflow"];

export function modeOf(value: unknown): AppMode | undefined {
  return MODES.find((mode) => mode === value);
}
