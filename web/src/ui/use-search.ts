import { useEffect, useState } from "react";

const PAUSE_MS = 150;

interface Found<T> {
  query: string;
  /** Null when the search failed. */
  results: readonly T[] | null;
}

interface SearchState<T> {
  /** Null while there is nothing to search for. The results of the last query stay until the next ones are here. */
  results: readonly T[] | null;
  busy: boolean;
  failed: boolean;
}

/** Asks `search` a moment after typing stopped, and drops answers to what is no longer asked. */
export function useSearch<T>(query: string, search: ((query: string, signal: AbortSignal) => Promise<readonly T[]>) | undefined): SearchState<T> {
  const [found, setFound] = useState<Found<T>>({ query: "", results: null });
  const wanted = search === undefined ? "" : query.trim();
  useEffect(() => {
    if (search === undefined || wanted === "") return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      search(wanted, stop.signal).then(
        (results) => {
          if (!stop.signal.aborted) setFound({ query: wanted, results });
        },
        () => {
          if (!stop.signal.aborted) setFound({ query: wanted, results: null });
        },
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [wanted, search]);
  if (wanted === "") return { results: null, busy: false, failed: false };
  const current = found.query === wanted;
  return { results: found.results ?? (current ? [] : null), busy: !current, failed: current && found.results === null };
}
