import { Archive, ArchiveRestore, Download, NotebookText, RotateCw, Tags, Trash2, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Button, IconButton } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import { actionsOf } from "./batch-actions";
import type { DocumentWork, StateAction } from "./document-work";

interface BatchBarProps {
  picked: readonly Schemas["DocumentShown"][];
  work: DocumentWork;
  /** The base has chunks summarised. */
  summarises: boolean;
  onDescribe: () => void;
  onRemove: () => void;
  onDone: () => void;
}

/** What can be done with all picked documents; an action takes those that it fits. */
export function BatchBar({ picked, work, summarises, onDescribe, onRemove, onDone }: BatchBarProps) {
  const { t } = useTranslation();
  const fits = actionsOf(picked);
  const idsOf = (documents: readonly Schemas["DocumentShown"][]) => documents.map((document) => document.id);
  // Nothing stays picked meanwhile: what is picked next must not be dropped when this is done.
  const setState = (documents: readonly Schemas["DocumentShown"][], action: StateAction) => {
    void work.setState(idsOf(documents), action);
    onDone();
  };
  const retry = () => {
    void work.retry(idsOf(fits.retry));
    onDone();
  };
  return (
    <div role="toolbar" aria-label={t("documents.batch")} className="flex flex-wrap items-center gap-2 rounded-card bg-accent-soft p-2">
      <span className="tabular px-1 font-medium">{t("documents.picked", { count: picked.length })}</span>
      <Button size="small" disabled={fits.enable.length === 0} onClick={() => setState(fits.enable, "enable")}>
        {t("documents.enable")}
      </Button>
      <Button size="small" disabled={fits.disable.length === 0} onClick={() => setState(fits.disable, "disable")}>
        {t("documents.disable")}
      </Button>
      <Button size="small" icon={<Tags size={16} strokeWidth={1.5} />} onClick={onDescribe}>
        {t("documents.metadata.values")}
      </Button>
      <Button size="small" icon={<Trash2 size={16} strokeWidth={1.5} />} onClick={onRemove}>
        {t("knowledgeSetup.list.removeAction")}
      </Button>
      <Menu trigger={<Button size="small">{t("documents.moreActions")}</Button>}>
        <MenuItem icon={<Archive size={16} strokeWidth={1.5} />} disabled={fits.archive.length === 0} onSelect={() => setState(fits.archive, "archive")}>
          {t("documents.archive")}
        </MenuItem>
        <MenuItem icon={<ArchiveRestore size={16} strokeWidth={1.5} />} disabled={fits.unarchive.length === 0} onSelect={() => setState(fits.unarchive, "un_archive")}>
          {t("documents.unarchive")}
        </MenuItem>
        <MenuItem icon={<Download size={16} strokeWidth={1.5} />} disabled={fits.download.length === 0} onSelect={() => void work.download(fits.download)}>
          {t("documents.download")}
        </MenuItem>
        {summarises && (
          <MenuItem icon={<NotebookText size={16} strokeWidth={1.5} />} disabled={fits.disable.length === 0} onSelect={() => void work.summarise(idsOf(fits.disable))}>
            {t("documents.summarise")}
          </MenuItem>
        )}
        <MenuItem icon={<RotateCw size={16} strokeWidth={1.5} />} disabled={fits.retry.length === 0} onSelect={retry}>
          {t("documents.retry")}
        </MenuItem>
      </Menu>
      <IconButton className="ml-auto" label={t("documents.pickNone")} onClick={onDone}>
        <X size={16} strokeWidth={1.5} />
      </IconButton>
    </div>
  );
}
