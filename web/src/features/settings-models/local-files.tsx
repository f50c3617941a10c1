import { FolderOpen, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { CopyButton } from "@/ui/copy-button";

/** Where the files of models that run here are put, and why some of them cannot be used. */
export function LocalFiles({ local }: { local: Schemas["LocalFiles"] }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-2 rounded-control bg-sunken p-3 text-12">
      <p className="flex items-start gap-2">
        <FolderOpen size={16} strokeWidth={1.5} className="shrink-0 text-muted" aria-hidden />
        <span>{t("modelSetup.localHint")}</span>
      </p>
      <p className="flex min-w-0 items-center gap-1 ps-6">
        <code className="min-w-0 break-all">{local.folder}</code>
        <CopyButton text={local.folder} />
      </p>
      {local.unavailable !== null && <p className="ps-6 text-warn">{local.unavailable}</p>}
      {local.refused.map((file) => (
        <p key={file.name} className="flex items-start gap-2">
          <TriangleAlert size={16} strokeWidth={1.5} className="shrink-0 text-warn" aria-hidden />
          <span className="min-w-0 break-words">
            <strong className="font-medium">{file.name}</strong>: {file.reason}
          </span>
        </p>
      ))}
    </div>
  );
}
