import { expect, it } from "vitest";
import { chosenOf, sourceList, type Chosen } from "./chosen";

it("names files, pages of a crawl and pages of Notion as the server wants them", () => {
  const files: Chosen = { type: "upload_file", items: [{ id: "a", name: "a.md" }, { id: "b", name: "b.md" }] };
  expect(sourceList(files)).toEqual({ data_source_type: "upload_file", file_info_list: { file_ids: ["a", "b"] } });
  expect(sourceList(files, "b").file_info_list).toEqual({ file_ids: ["b"] });
  const page = { workspace_id: "w", page_id: "p", page_name: "Home", page_icon: null, type: "page" };
  const notion: Chosen = { type: "notion_import", items: [{ id: "p", name: "Home" }], pages: [page] };
  expect(sourceList(notion).notion_info_list).toEqual([{ workspace_id: "w", pages: [{ page_id: "p", page_name: "Home", page_icon: null, type: "page" }] }]);
});

it("finds again where a document came from", () => {
  const info = { url: "https://example.org/", provider: "treadle", job_id: "j", only_main_content: true };
  const web = chosenOf({ name: "Example", data_source_type: "website_crawl", data_source_info: info });
  expect(web === null ? null : sourceList(web).website_info_list).toEqual({ provider: "treadle", job_id: "j", only_main_content: true, urls: ["https://example.org/"] });
  expect(chosenOf({ name: "Lost", data_source_type: "upload_file", data_source_info: null })).toBeNull();
});
