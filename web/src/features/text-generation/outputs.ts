import type { FileObject } from "@/api/events";
import { isJsonObject, type JsonValue } from "@/api/json";
import { answerText, type Turn } from "@/features/generation/turn";

export type OutputPart =
  | { kind: "text"; name: string; text: string }
  | { kind: "files"; name: string; files: FileObject[] }
  | { kind: "json"; name: string; value: JsonValue };

/** What a finished workflow gave, output by output; while it streams, its text so far. */
export function outputParts(turn: Turn): OutputPart[] {
  if (turn.outputs === null) {
    const text = answerText(turn);
    return text === "" ? [] : [{ kind: "text", name: "", text }];
  }
  return Object.entries(turn.outputs).flatMap(([name, value]): OutputPart[] => {
    if (value === null) return [];
    if (typeof value === "string") return [{ kind: "text", name, text: value }];
    const files = filesIn(value);
    return files === null ? [{ kind: "json", name, value }] : [{ kind: "files", name, files }];
  });
}

/** A generation as one text: for copying and for the results file. */
export function plainResult(turn: Turn): string {
  if (turn.outputs === null) return answerText(turn);
  const values = Object.values(turn.outputs);
  const [only] = values;
  return values.length === 1 && typeof only === "string" ? only : JSON.stringify(turn.outputs, null, 2);
}

function filesIn(value: JsonValue): FileObject[] | null {
  const list = Array.isArray(value) ? value : [value];
  const files = list.map(asFile);
  return list.length > 0 && files.every((file) => file !== null) ? files : null;
}

function asFile(value: JsonValue): FileObject | null {
  if (!isJsonObject(value) || typeof value.transfer_method !== "string" || typeof value.type !== "string") return null;
  const text = (field: JsonValue | undefined) => (typeof field === "string" && field !== "" ? field : null);
  return {
    type: value.type,
    filename: text(value.filename),
    mime_type: text(value.mime_type),
    size: typeof value.size === "number" ? value.size : null,
    url: text(value.url) ?? text(value.remote_url),
  };
}
