import { readyMappings, type Attachment } from "@/features/files/attachments";
import type { Question } from "./tried";

/** Attachments as a request names them, and as a question shows them. */
export function sent(files: readonly Attachment[]): Pick<Question, "files" | "questionFiles"> {
  const shown = files.flatMap((file) => (file.state === "ready" ? [{ type: file.type, url: file.preview ?? "", filename: file.name, size: file.size }] : []));
  return { files: readyMappings(files).map((mapping) => ({ ...mapping })), questionFiles: shown };
}
