import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { FileUp, RotateCw, X } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { Progress } from "@/ui/progress";
import type { Uploads } from "./use-uploads";

/** Files to take in: dropped or picked, many at once. */
export function FilesSource({ uploads }: { uploads: Uploads }) {
  const { t, i18n } = useTranslation();
  const errorText = useErrorText();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const types = useQuery({ queryKey: ["files", "types"], queryFn: ({ signal }) => call(api.GET("/files/support-type", { signal })), staleTime: Infinity });
  const limits = useQuery({ queryKey: ["files", "limits"], queryFn: ({ signal }) => call(api.GET("/files/upload", { signal })), staleTime: Infinity });
  const extensions = types.data?.allowed_extensions ?? [];
  return (
    <div className="flex flex-col gap-3">
      <div
        className={clsx("flex flex-col items-center gap-3 rounded-card border border-dashed p-8 text-center", over ? "border-accent bg-accent-soft" : "border-line-strong")}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          uploads.add([...event.dataTransfer.files]);
        }}
      >
        <p>{t("knowledgeSetup.files.drop")}</p>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label={t("knowledgeSetup.files.choose")}
          accept={extensions.map((each) => `.${each}`).join(",")}
          onChange={(event) => {
            uploads.add([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
        <Button icon={<FileUp size={16} strokeWidth={1.5} />} onClick={() => input.current?.click()}>
          {t("knowledgeSetup.files.choose")}
        </Button>
        {limits.data !== undefined && (
          <p className="max-w-160 text-12 text-muted">
            {t("knowledgeSetup.files.limits", { types: extensions.join(", "), size: limits.data.file_size_limit.toLocaleString(i18n.language) })}
          </p>
        )}
      </div>
      <ul aria-label={t("knowledgeSetup.files.chosen")} className="flex flex-col gap-1">
        {uploads.list.map((upload) => (
          <li key={upload.key} className="flex items-center gap-3 rounded-control border border-line bg-surface px-3 py-1">
            <span className="min-w-0 flex-1">
              <span className="block truncate">{upload.file.name}</span>
              {upload.error !== null && <span className="block text-12 break-words text-danger">{errorText(upload.error)}</span>}
            </span>
            <span className="tabular shrink-0 text-12 text-muted">{t("knowledgeSetup.files.size", { size: Math.ceil(upload.file.size / 1024).toLocaleString(i18n.language) })}</span>
            {upload.id === null && upload.error === null && (
              <span className="w-24 shrink-0">
                <Progress label={upload.file.name} share={upload.share} />
              </span>
            )}
            {upload.error !== null && (
              <IconButton label={t("knowledgeSetup.list.retry", { name: upload.file.name })} onClick={() => uploads.retry(upload.key)}>
                <RotateCw size={16} strokeWidth={1.5} />
              </IconButton>
            )}
            <IconButton label={t("knowledgeSetup.files.remove", { name: upload.file.name })} onClick={() => uploads.remove(upload.key)}>
              <X size={16} strokeWidth={1.5} />
            </IconButton>
          </li>
        ))}
      </ul>
    </div>
  );
}
