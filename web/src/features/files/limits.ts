import type { FileType, FileUploadConfig, SystemParameters, TransferMethod } from "@/api/webapp-types";

/** What one place for files accepts. */
export interface FileLimits {
  types: readonly FileType[];
  /** Lower case, without dots; used with the type `custom`. */
  extensions: readonly string[];
  methods: readonly TransferMethod[];
  count: number;
  megabytes: Readonly<Record<FileType, number>>;
}

export type FileRefusal = { kind: "type" } | { kind: "size"; megabytes: number } | { kind: "count"; max: number };

const EXTENSIONS: Record<Exclude<FileType, "custom">, readonly string[]> = {
  image: ["jpg", "jpeg", "png", "gif", "webp", "svg"],
  document: [
    ...["txt", "md", "markdown", "mdx", "pdf", "html", "htm", "xlsx", "xls", "docx", "doc", "csv"],
    ...["eml", "msg", "pptx", "ppt", "xml", "epub", "vtt", "properties"],
  ],
  audio: ["mp3", "m4a", "wav", "amr", "mpga", "webm"],
  video: ["mp4", "mov", "mpeg", "webm"],
};

const ALL_TYPES: readonly FileType[] = ["image", "document", "audio", "video"];

/** Sizes when the server names none, in MB (spec: service API §3.11). */
function megabytesOf(system: SystemParameters | null): Record<FileType, number> {
  const other = system?.file_size_limit ?? 15;
  return {
    image: system?.image_file_size_limit ?? 10,
    audio: system?.audio_file_size_limit ?? 50,
    video: system?.video_file_size_limit ?? 100,
    document: other,
    custom: other,
  };
}

/** The limits of a chat's or generator's own files; null when the app takes none. */
export function messageFileLimits(config: FileUploadConfig | null, system: SystemParameters | null): FileLimits | null {
  const image = config?.image;
  if (config?.enabled === true) {
    return {
      types: config.allowed_file_types ?? ALL_TYPES,
      extensions: normalize(config.allowed_file_extensions),
      methods: config.allowed_file_upload_methods ?? image?.transfer_methods ?? ["local_file", "remote_url"],
      count: config.number_limits ?? 3,
      megabytes: megabytesOf(system),
    };
  }
  if (image?.enabled !== true) return null;
  return {
    types: ["image"],
    extensions: [],
    methods: image.transfer_methods,
    count: image.number_limits,
    megabytes: megabytesOf(system),
  };
}

/** The limits of a file variable of the input form. */
export function fieldFileLimits(
  field: {
    type: string;
    max_length?: number | null;
    allowed_file_types?: FileType[] | null;
    allowed_file_extensions?: string[] | null;
    allowed_file_upload_methods?: TransferMethod[] | null;
  },
  system: SystemParameters | null,
): FileLimits {
  const types = field.allowed_file_types;
  return {
    types: types == null || types.length === 0 ? ALL_TYPES : types,
    extensions: normalize(field.allowed_file_extensions ?? undefined),
    methods: field.allowed_file_upload_methods ?? ["local_file", "remote_url"],
    count: field.type === "file" ? 1 : (field.max_length ?? system?.workflow_file_upload_limit ?? 10),
    megabytes: megabytesOf(system),
  };
}

function normalize(extensions: readonly string[] | undefined): string[] {
  return (extensions ?? []).map((extension) => extension.replace(/^\./, "").toLowerCase());
}

/** The class of a file by its name, then by its MIME type; null when the place does not accept it. */
export function typeOf(name: string, mime: string, limits: FileLimits): FileType | null {
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  if (limits.types.includes("custom") && limits.extensions.includes(extension)) return "custom";
  for (const type of limits.types) {
    if (type === "custom") continue;
    if (EXTENSIONS[type].includes(extension)) return type;
    if (extension === "" && mime.startsWith(`${type}/`)) return type;
  }
  return null;
}

/** Why `file` may not be added beside `present` files, or its type. */
export function judgeFile(file: File, present: number, limits: FileLimits): FileType | FileRefusal {
  if (present >= limits.count) return { kind: "count", max: limits.count };
  const type = typeOf(file.name, file.type, limits);
  if (type === null) return { kind: "type" };
  const megabytes = limits.megabytes[type];
  return file.size > megabytes * 1024 * 1024 ? { kind: "size", megabytes } : type;
}

/** The `accept` attribute of a file picker. */
export function acceptOf(limits: FileLimits): string {
  const extensions = limits.types.flatMap((type) => (type === "custom" ? limits.extensions : EXTENSIONS[type]));
  return extensions.map((extension) => `.${extension}`).join(",");
}
