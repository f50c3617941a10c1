import type { Schemas } from "@/api/client";

type Document = Schemas["DocumentShown"];
type Traits = Pick<Document, "display_status" | "enabled" | "archived" | "data_source_type">;

const BUSY = new Set(["queuing", "indexing", "paused"]);

/** Which of the picked documents each action fits. */
export function actionsOf<Picked extends Traits>(picked: readonly Picked[]) {
  return {
    enable: picked.filter((document) => document.display_status === "disabled"),
    disable: picked.filter((document) => document.display_status === "available"),
    archive: picked.filter((document) => !document.archived && !BUSY.has(document.display_status)),
    unarchive: picked.filter((document) => document.archived),
    download: picked.filter((document) => document.data_source_type === "upload_file"),
    retry: picked.filter((document) => document.display_status === "error"),
  };
}
