import type { JsonObject } from "@/api/json";
import type { FileType, TransferMethod } from "@/api/webapp-types";
import { numberIn, section, textIn, textsIn, withSection } from "./configuration";

export const KINDS = ["image", "document", "audio", "video"] as const;
export type Kind = (typeof KINDS)[number];
export const METHODS: readonly TransferMethod[] = ["local_file", "remote_url"];
export const MOST_FILES = 10;

/** What a model must be able to do to take a kind of file; other files are only handed over. */
export const ABILITY: Readonly<Record<Kind, string>> = { image: "vision", document: "document", audio: "audio", video: "video" };

/** The files that may be sent along, whether an old file or a new one says so. */
export interface Uploads {
  kinds: readonly FileType[];
  extensions: readonly string[];
  methods: readonly TransferMethod[];
  count: number;
  detail: "high" | "low";
}

export function uploadsIn(configuration: JsonObject): Uploads {
  const settings = section(configuration, "file_upload");
  const image = section(settings, "image");
  const methods = textsIn(settings, "allowed_file_upload_methods");
  const given = (methods.length > 0 ? methods : textsIn(image, "transfer_methods")) as TransferMethod[];
  return {
    kinds: settings.enabled === true ? (textsIn(settings, "allowed_file_types") as FileType[]) : image.enabled === true ? ["image"] : [],
    extensions: textsIn(settings, "allowed_file_extensions"),
    methods: given.length > 0 ? given : METHODS,
    count: numberIn(settings, "number_limits", numberIn(image, "number_limits", 3)),
    detail: textIn(image, "detail") === "low" ? "low" : "high",
  };
}

/** Written in both places, so that programs that read either find it. */
export function withUploads(configuration: JsonObject, uploads: Uploads): JsonObject {
  const { kinds, extensions, methods, count, detail } = uploads;
  const image = { ...section(section(configuration, "file_upload"), "image"), enabled: kinds.includes("image"), number_limits: count, detail, transfer_methods: [...methods] };
  return withSection(configuration, "file_upload", {
    enabled: kinds.length > 0,
    allowed_file_types: [...kinds],
    allowed_file_extensions: [...extensions],
    allowed_file_upload_methods: [...methods],
    number_limits: count,
    image,
  });
}
