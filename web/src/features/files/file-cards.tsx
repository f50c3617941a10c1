import { Download, File as FileIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { FileObject, MessageFile } from "@/api/events";
import { formatBytes } from "@/ui/time";

/** Files of a question or an answer: pictures, players, and cards to download the rest. */
export function FileCards({ files }: { files: readonly (FileObject | MessageFile)[] }) {
  if (files.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-2">
      {files.map((file, at) => (
        <li key={at} className="max-w-full">
          <FileCard file={file} />
        </li>
      ))}
    </ul>
  );
}

function FileCard({ file }: { file: FileObject | MessageFile }) {
  const { t } = useTranslation();
  const url = safeUrl(file.url);
  const name = file.filename ?? t("files.unnamed");
  if (url === null) return <Card name={name} size={file.size} />;
  if (file.type === "image") {
    return (
      <a href={url} target="_blank" rel="noopener noreferrer" aria-label={name}>
        <img src={url} alt={name} loading="lazy" className="max-h-60 max-w-full rounded-card border border-line" />
      </a>
    );
  }
  if (file.type === "audio") return <audio controls preload="metadata" src={url} aria-label={name} className="max-w-full" />;
  if (file.type === "video") {
    return <video controls preload="metadata" src={url} aria-label={name} className="max-h-80 max-w-full rounded-card" />;
  }
  return (
    <a href={url} download={name} target="_blank" rel="noopener noreferrer" className="block rounded-card hover:bg-sunken">
      <Card name={name} size={file.size} download />
    </a>
  );
}

function Card({ name, size, download = false }: { name: string; size: number | null | undefined; download?: boolean }) {
  return (
    <span className="flex items-center gap-2.5 rounded-card border border-line px-3 py-2">
      <FileIcon size={16} strokeWidth={1.5} className="shrink-0 text-muted" />
      <span className="min-w-0">
        <span className="block truncate font-medium">{name}</span>
        {typeof size === "number" && size >= 0 && <span className="tabular block text-12 text-muted">{formatBytes(size)}</span>}
      </span>
      {download && <Download size={16} strokeWidth={1.5} className="ml-2 shrink-0 text-muted" />}
    </span>
  );
}

/** Only web links and our own paths: a file's address may come from a model. */
function safeUrl(url: string | null): string | null {
  if (url === null || url === "") return null;
  const parsed = URL.canParse(url, window.location.origin) ? new URL(url, window.location.origin) : null;
  return parsed !== null && /^(https?|blob):$/.test(parsed.protocol) ? url : null;
}
