import { text } from "@/routes/search";

/** What the address of a log holds: the filter, the page, and the record that is open. */
export interface LogSearch {
  period?: string | undefined;
  keyword?: string | undefined;
  annotated?: string | undefined;
  sort?: string | undefined;
  status?: string | undefined;
  from?: string | undefined;
  /** Whose rating, and which. */
  rating?: string | undefined;
  /** A part of what a user is called. */
  who?: string | undefined;
  /** The key of the API that was called with. */
  key?: string | undefined;
  page?: string | undefined;
  /** Entries on a page. */
  size?: string | undefined;
  open?: string | undefined;
}

export const PAGE_SIZES = [25, 10, 50, 100] as const;
export const SORTS = ["-created_at", "created_at", "-updated_at", "updated_at"] as const;
export const RUN_SORTS = ["-created_at", "created_at"] as const;
export const STATUSES = ["running", "succeeded", "partial-succeeded", "failed", "stopped"] as const;
export const RATINGS = ["", "user_like", "user_dislike", "admin_like", "admin_dislike", "none"] as const;
export const CHANNELS = ["", "web-app", "service-api", "installed-app", "trigger"] as const;
export const ANNOTATED = ["all", "annotated", "not_annotated"] as const;

const NAMES = ["period", "keyword", "annotated", "sort", "status", "from", "rating", "who", "key", "page", "size", "open"] as const;

export function logSearch(search: Record<string, unknown>): LogSearch {
  return Object.fromEntries(NAMES.map((name) => [name, text(search[name])]));
}

export function pageOf(search: LogSearch): number {
  const page = Number(search.page ?? "1");
  return Number.isInteger(page) && page > 0 ? page : 1;
}

export function sizeOf(search: LogSearch): number {
  return PAGE_SIZES.find((size) => String(size) === search.size) ?? PAGE_SIZES[0];
}

/** The numbers of pages to show: the first, the last and those around one; null for those left out. */
export function numbersAround(page: number, pages: number): (number | null)[] {
  const near = [1, page - 1, page, page + 1, pages].filter((each) => each >= 1 && each <= pages);
  const numbers = [...new Set(near)].toSorted((a, b) => a - b);
  return numbers.flatMap((each, at) => {
    const before = numbers[at - 1] ?? 0;
    if (each - before === 2) return [before + 1, each];
    return each - before > 2 ? [null, each] : [each];
  });
}

/** What an address says beside the page and the open entry: whether it leaves anything out. */
export function isFiltered(search: LogSearch): boolean {
  return NAMES.some((name) => name !== "open" && name !== "size" && name !== "sort" && search[name] !== undefined);
}

/** One of `values`, or the first of them. */
export function oneOf<Value extends string>(values: readonly [Value, ...Value[]], name: string | undefined): Value {
  return values.find((value) => value === name) ?? values[0];
}
