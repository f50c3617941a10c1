import { File as FileIcon, RotateCw, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { IconButton } from "@/ui/button";
import { formatBytes } from "@/ui/time";
import type { Attachment, AttachmentList } from "./attachments";

/** The files about to be sent, each with its progress, error and way out. */
export function AttachmentChips({ files, list }: { files: readonly Attachment[]; list: AttachmentList }) {
  const { t } = useTranslation();
  if (files.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-2" aria-label={t("files.attached")}>
      {files.map((file) => (
        <Chip key={file.key} file={file} list={list} />
      ))}
    </ul>
  );
}

function Chip({ file, list }: { file: Attachment; list: AttachmentList }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  return (
    <li className="relative flex max-w-60 items-center gap-2 overflow-hidden rounded-control border border-line bg-raised py-1 pr-1 pl-1.5">
      {file.preview === null ? (
        <FileIcon size={16} strokeWidth={1.5} className="mx-1 shrink-0 text-muted" />
      ) : (
        <img src={file.preview} alt="" className="size-8 shrink-0 rounded-sm object-cover" />
      )}
      <div className="min-w-0">
        <p className="truncate">{file.name}</p>
        <p className={`truncate text-12 ${file.state === "failed" ? "text-danger" : "text-muted"}`}>
          {file.state === "failed"
            ? errorText(file)
            : file.state === "uploading"
              ? t("files.uploading", { percent: Math.round(file.progress * 100) })
              : file.size === null
                ? t("files.link")
                : formatBytes(file.size)}
        </p>
      </div>
      {file.state === "failed" && (
        <IconButton label={t("common.retry")} onClick={() => list.retry(file.key)}>
          <RotateCw size={14} strokeWidth={1.5} />
        </IconButton>
      )}
      <IconButton label={t("files.remove", { name: file.name })} onClick={() => list.remove(file.key)}>
        <X size={14} strokeWidth={1.5} />
      </IconButton>
      {file.state === "uploading" && (
        <span className="absolute inset-x-0 bottom-0 h-0.5 bg-sunken">
          <span className="block h-full bg-accent" style={{ width: `${file.progress * 100}%` }} />
        </span>
      )}
    </li>
  );
}
