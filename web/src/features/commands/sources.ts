import type { QueryClient } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import type { LucideIcon } from "lucide-react";
import { useEffect } from "react";
import type { Role } from "@/features/account/roles";

/** Something that the palette found. */
export interface Hit {
  id: string;
  /** Translated, or a name. */
  label: string;
  hint?: string;
  icon?: LucideIcon;
  /** The address to go to; such a hit is remembered among the recent ones. */
  to?: string;
  /** What to do when there is no address. */
  perform?: () => unknown;
}

export interface SearchContext {
  signal: AbortSignal;
  queries: QueryClient;
  t: TFunction;
  role: Role;
}

/** A place that the palette looks into while somebody types. */
export interface SearchSource {
  id: string;
  label: (t: TFunction) => string;
  /** The word behind `@` that narrows the search to this source. */
  scope: string;
  search: (query: string, context: SearchContext) => Promise<readonly Hit[]> | readonly Hit[];
}

const sources = new Map<string, SearchSource>();

/** Adds a source for good; called from an area's route file. */
export function addSearchSource(source: SearchSource): void {
  sources.set(source.id, source);
}

/** Adds a source while mounted: the nodes of the canvas that is open. */
export function useSearchSource(source: SearchSource): void {
  useEffect(() => {
    sources.set(source.id, source);
    return () => {
      if (sources.get(source.id) === source) sources.delete(source.id);
    };
  }, [source]);
}

/** The sources that `query` asks, and what it asks them: `@app tea` asks the apps for "tea". */
export function askedBy(query: string): { text: string; asked: SearchSource[] } {
  const scoped = /^@(\w*)\s*(.*)$/.exec(query.trim());
  if (scoped === null) return { text: query.trim(), asked: [...sources.values()] };
  const scope = (scoped[1] ?? "").toLowerCase();
  return { text: scoped[2] ?? "", asked: [...sources.values()].filter((source) => source.scope.startsWith(scope)) };
}

/** Whether every word of `query` is somewhere in the texts. */
export function saysAll(query: string, ...texts: (string | undefined)[]): boolean {
  const whole = texts.join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => whole.includes(word));
}
