import { useQuery } from "@tanstack/react-query";
import { Pencil, Plus, Tag as TagSign, Trash2 } from "lucide-react";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Dialog } from "@/ui/dialog";
import { Skeleton } from "@/ui/empty";
import { TextInput } from "@/ui/field";
import { showToast } from "@/ui/toast";
import { tagsQuery, useTagWrites, type Tag, type TagKind } from "./tags-query";

const MAX_NAME = 50;

/** All tags of a kind in the workspace, to add, rename and delete. Mounted means open. */
export function TagManager({ kind, onClose }: { kind: TagKind; onClose: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const tags = useQuery(tagsQuery(kind));
  const writes = useTagWrites(kind);
  const [name, setName] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [doomed, setDoomed] = useState<Tag | null>(null);
  const add = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (name.trim() === "") return;
    setError(null);
    try {
      await writes.add(name.trim());
      setName("");
    } catch (failure) {
      setError(failure);
    }
  };
  const remove = (tag: Tag) => {
    if (tag.binding_count > 0) setDoomed(tag);
    else writes.remove(tag.id).catch((failure: unknown) => showToast("danger", errorText(failure)));
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("apps.tags.manage")} description={t("apps.tags.manageText")} size="medium">
      <form onSubmit={(event) => void add(event)} className="flex gap-2">
        <TextInput
          aria-label={t("apps.tags.new")}
          placeholder={t("apps.tags.new")}
          maxLength={MAX_NAME}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" disabled={name.trim() === ""} icon={<Plus size={14} strokeWidth={2} />}>
          {t("apps.tags.add")}
        </Button>
      </form>
      {error !== null && (
        <p role="alert" className="mt-2 text-danger">
          {errorText(error)}
        </p>
      )}
      <div className="mt-4 min-h-40">
        {tags.isPending && <Skeleton className="h-8 w-full" />}
        {tags.data?.length === 0 && (
          <p className="flex flex-col items-center gap-2 py-8 text-muted">
            <TagSign size={20} strokeWidth={1.5} />
            {t("apps.tags.none")}
          </p>
        )}
        <ul>
          {tags.data?.map((tag) => (
            <TagRow key={tag.id} kind={kind} tag={tag} onRename={(next) => writes.rename(tag.id, next)} onDelete={() => remove(tag)} />
          ))}
        </ul>
      </div>
      {doomed !== null && (
        <ConfirmDialog
          onClose={() => setDoomed(null)}
          title={t("apps.tags.deleteTitle", { name: doomed.name })}
          text={t(kind === "app" ? "apps.tags.deleteText" : "knowledgeSetup.tags.deleteText", { count: doomed.binding_count })}
          action={t("common.delete")}
          onConfirm={() => writes.remove(doomed.id)}
        />
      )}
    </Dialog>
  );
}

interface TagRowProps {
  kind: TagKind;
  tag: Tag;
  onRename: (name: string) => Promise<unknown>;
  onDelete: () => void;
}

function TagRow({ kind, tag, onRename, onDelete }: TagRowProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [name, setName] = useState<string | null>(null);
  const rename = async () => {
    const wanted = name?.trim() ?? "";
    setName(null);
    if (wanted === "" || wanted === tag.name) return;
    try {
      await onRename(wanted);
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  return (
    <li className="flex min-h-10 items-center gap-2 border-b border-line last:border-b-0">
      {name === null ? (
        <>
          <span className="min-w-0 flex-1 truncate">{tag.name}</span>
          <span className="text-12 text-muted">{t(kind === "app" ? "apps.tags.uses" : "knowledgeSetup.tags.uses", { count: tag.binding_count })}</span>
          <IconButton label={t("apps.tags.rename", { name: tag.name })} onClick={() => setName(tag.name)}>
            <Pencil size={14} strokeWidth={1.5} />
          </IconButton>
          <IconButton label={t("apps.tags.delete", { name: tag.name })} onClick={onDelete}>
            <Trash2 size={14} strokeWidth={1.5} />
          </IconButton>
        </>
      ) : (
        <TextInput
          autoFocus
          aria-label={t("apps.tags.rename", { name: tag.name })}
          maxLength={MAX_NAME}
          value={name}
          onChange={(event) => setName(event.target.value)}
          onBlur={() => void rename()}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return;
            if (event.key === "Enter") void rename();
            if (event.key === "Escape") {
              event.stopPropagation();
              setName(null);
            }
          }}
        />
      )}
    </li>
  );
}
