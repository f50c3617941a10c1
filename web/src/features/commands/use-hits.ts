import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "@/features/account/account-context";
import { askedBy, type Hit, type SearchSource } from "./sources";

/** What a source says to the current question. */
export interface Answer {
  source: SearchSource;
  hits: readonly Hit[];
  state: "asking" | "answered" | "failed";
}

const PAUSE_MS = 120;
const SHOWN = 8;

/** Asks every source that `query` is for. A source that fails says so, and the others go on. */
export function useHits(query: string): Answer[] {
  const queries = useQueryClient();
  const { t } = useTranslation();
  const { role } = useAccount();
  const [answers, setAnswers] = useState<Answer[]>([]);
  useEffect(() => {
    const { text, asked } = askedBy(query);
    const stop = new AbortController();
    const scoped = query.trim().startsWith("@");
    const answer = (id: string, next: Pick<Answer, "hits" | "state">) => {
      if (stop.signal.aborted) return;
      setAnswers((before) => before.map((each) => (each.source.id === id ? { ...each, ...next } : each)));
    };
    const timer = setTimeout(
      () => {
        const wanted = text !== "" || scoped ? asked : [];
        setAnswers((before) =>
          wanted.map((source) => ({ source, hits: before.find((each) => each.source.id === source.id)?.hits ?? [], state: "asking" })),
        );
        for (const source of wanted) {
          Promise.resolve()
            .then(() => source.search(text, { signal: stop.signal, queries, t, role }))
            .then(
              (hits) => answer(source.id, { hits: hits.slice(0, SHOWN), state: "answered" }),
              () => answer(source.id, { hits: [], state: "failed" }),
            );
        }
      },
      query === "" ? 0 : PAUSE_MS,
    );
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [query, queries, t, role]);
  return answers;
}
