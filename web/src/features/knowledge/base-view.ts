export const TABS = ["documents", "test", "evaluate", "settings", "api"] as const;
export const STATES = ["all", "queuing", "indexing", "paused", "error", "available", "disabled", "archived"] as const;
export const SORTS = ["-created_at", "created_at", "name", "-name", "-word_count", "word_count", "-hit_count", "hit_count"] as const;

export type Tab = (typeof TABS)[number];
export type Status = (typeof STATES)[number];
export type Sort = (typeof SORTS)[number];

/** Which documents are listed. */
export interface DocumentsView {
  keyword: string;
  status: Status;
  sort: Sort;
  page: number;
}

/** What the page of a base shows; all of it is in the address. */
export interface BaseView extends DocumentsView {
  tab: Tab;
}

/** The same as the parameters of an address; what is as at first is left out. */
export type BaseSearch = { [Name in keyof BaseView]?: string | undefined };

export const FIRST_VIEW: BaseView = { tab: "documents", keyword: "", status: "all", sort: "-created_at", page: 1 };

export function viewOf(search: BaseSearch): BaseView {
  const one = <Value extends string>(known: readonly Value[], given: string | undefined, otherwise: Value) => known.find((each) => each === given) ?? otherwise;
  const page = Number(search.page);
  return {
    tab: one(TABS, search.tab, FIRST_VIEW.tab),
    keyword: search.keyword ?? "",
    status: one(STATES, search.status, FIRST_VIEW.status),
    sort: one(SORTS, search.sort, FIRST_VIEW.sort),
    page: Number.isInteger(page) && page > 0 ? page : 1,
  };
}

export function searchOf(view: BaseView): BaseSearch {
  const said = (name: keyof BaseView) => (view[name] === FIRST_VIEW[name] ? undefined : String(view[name]));
  return { tab: said("tab"), keyword: said("keyword"), status: said("status"), sort: said("sort"), page: said("page") };
}
