import { expect, it } from "vitest";
import { actionsOf } from "./batch-actions";

const document = (name: string, display_status: string, data_source_type = "upload_file") => ({
  name,
  display_status,
  data_source_type,
  enabled: display_status !== "disabled",
  archived: display_status === "archived",
});

it("takes for each action the documents that it fits", () => {
  const fits = actionsOf([
    document("found", "available"),
    document("off", "disabled"),
    document("page", "archived", "website_crawl"),
    document("broken", "error"),
    document("new", "indexing"),
  ]);
  const names = Object.fromEntries(Object.entries(fits).map(([action, documents]) => [action, documents.map((each) => each.name)]));
  expect(names).toEqual({
    enable: ["off"],
    disable: ["found"],
    archive: ["found", "off", "broken"],
    unarchive: ["page"],
    download: ["found", "off", "broken", "new"],
    retry: ["broken"],
  });
});
