import type { Schemas } from "@/api/client";

export type SourceType = "upload_file" | "notion_import" | "website_crawl";

/** Pages of one crawl. */
export interface WebPages {
  provider: string;
  job_id: string;
  only_main_content: boolean;
}

export interface NotionPage {
  workspace_id: string;
  page_id: string;
  page_name: string;
  page_icon: Schemas["NotionPage"]["page_icon"];
  type: string;
}

interface Item {
  id: string;
  name: string;
}

/** What was chosen to be taken in; `items` are documents to be. */
export type Chosen =
  | { type: "upload_file"; items: Item[] }
  | { type: "website_crawl"; items: Item[]; crawl: WebPages }
  | { type: "notion_import"; items: Item[]; pages: NotionPage[] };

/** The same as the API wants it; with `only` that one document. */
export function sourceList(chosen: Chosen, only?: string): Schemas["SourceList"] {
  const ids = chosen.items.map((item) => item.id).filter((id) => only === undefined || id === only);
  const data_source_type = chosen.type;
  if (chosen.type === "upload_file") return { data_source_type, file_info_list: { file_ids: ids } };
  if (chosen.type === "website_crawl") return { data_source_type, website_info_list: { ...chosen.crawl, urls: ids } };
  const wanted = chosen.pages.filter((page) => ids.includes(page.page_id));
  const workspaces = [...new Set(wanted.map((page) => page.workspace_id))];
  return {
    data_source_type,
    notion_info_list: workspaces.map((workspace_id) => ({
      workspace_id,
      pages: wanted.filter((page) => page.workspace_id === workspace_id).map(({ page_id, page_name, page_icon, type }) => ({ page_id, page_name, page_icon, type })),
    })),
  };
}

interface SourceInfo {
  upload_file_id?: string;
  url?: string;
  provider?: string;
  job_id?: string;
  only_main_content?: boolean;
  notion_workspace_id?: string;
  notion_page_id?: string;
  type?: string;
}

/** Where a document that is there came from; null when that is not known any more. */
export function chosenOf(document: { name: string; data_source_type: string; data_source_info: unknown }): Chosen | null {
  const info = (document.data_source_info ?? {}) as SourceInfo;
  const { name } = document;
  if (info.upload_file_id !== undefined) return { type: "upload_file", items: [{ id: info.upload_file_id, name }] };
  if (info.url !== undefined) {
    const crawl = { provider: info.provider ?? "", job_id: info.job_id ?? "", only_main_content: info.only_main_content ?? true };
    return { type: "website_crawl", items: [{ id: info.url, name }], crawl };
  }
  if (info.notion_page_id === undefined) return null;
  const page = { workspace_id: info.notion_workspace_id ?? "", page_id: info.notion_page_id, page_name: name, page_icon: null, type: info.type ?? "page" };
  return { type: "notion_import", items: [{ id: page.page_id, name }], pages: [page] };
}
