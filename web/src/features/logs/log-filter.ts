import { text } from "@/routes/search";

/** What the address of a log holds: the filter, the page, and the record that is open. */
export interface LogSearch {
  period?: string | undefined;
  keyword?: string | undefined;
  annotated?: string | undefined;
  sort?: string | undefined;
  status?: string | undefined;
  from?: string | undefined;
  page?: string | undefined;
  open?: string | undefined;
}

export const PAGE_SIZE = 25;
export const SORTS = ["-created_at", "created_at", "-updated_at", "updated_at"] as const;
export const STATUSES = ["running", "succeeded", "partial-succeeded", "failed", "stopped"] as const;
export const ANNOTATED = ["all", "annotated", "not_annotated"] as const;

const NAMES = ["period", "keyword", "annotated", "sort", "status", "from", "page", "open"] as const;

export function logSearch(search: Record<string, unknown>): LogSearch {
  return Object.fromEntries(NAMES.map((name) => [name, text(search[name])]));
}

export function pageOf(search: LogSearch): number {
  const page = Number(search.page ?? "1");
  return Number.isInteger(page) && page > 0 ? page : 1;
}

/** One of `values`, or the first of them. */
export function oneOf<Value extends string>(values: readonly [Value, ...Value[]], name: string | undefined): Value {
  return values.find((value) => value === name) ?? values[0];
}
