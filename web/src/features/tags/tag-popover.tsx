import { useQuery } from "@tanstack/react-query";
import { Tag as TagSign } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { App } from "@/api/console";
import { useErrorText } from "@/i18n/errors";
import { Popover } from "@/ui/popover";
import { showToast } from "@/ui/toast";
import { TagChoice } from "./tag-choice";
import { tagsQuery, useTagging, useTagWrites, type TagKind, type TagRef } from "./tags-query";

/** The tags of an app. */
export function AppTags({ app, editable }: { app: App; editable: boolean }) {
  const tagging = useTagging(app.id);
  return <TagLine kind="app" name={app.name} chosen={app.tags} editable={editable} onTag={(tag, on) => tagging.mutate({ tag, on })} />;
}

interface TagLineProps {
  kind: TagKind;
  /** Of what is marked. */
  name: string;
  chosen: readonly TagRef[];
  editable: boolean;
  onTag: (tag: TagRef, on: boolean) => void;
}

/** Tags in one line, which opens to change them for those who may. */
export function TagLine({ kind, name, chosen, editable, onTag }: TagLineProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [open, setOpen] = useState(false);
  const tags = useQuery({ ...tagsQuery(kind), enabled: open });
  const { add } = useTagWrites(kind);
  const line = chosen.map((tag) => tag.name).join(", ");
  const shown = (
    <>
      <TagSign aria-hidden size={14} strokeWidth={1.5} className="shrink-0" />
      <span className="truncate">{line === "" ? t("apps.tags.addTo") : line}</span>
    </>
  );
  if (!editable) return line === "" ? <span /> : <span className="flex min-w-0 items-center gap-1.5 text-12 text-muted">{shown}</span>;
  const create = async (typed: string) => {
    try {
      onTag(await add(typed), true);
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      label={t("apps.tags.of", { name })}
      className="w-65"
      trigger={
        <button
          type="button"
          className={`touch-target flex h-7 min-w-0 items-center gap-1.5 rounded-control px-1.5 text-12 text-muted hover:bg-sunken hover:text-text ${
            line === "" ? "pointer-fine:not-group-hover:not-group-focus-within:not-data-[state=open]:opacity-0" : ""
          }`}
        >
          <span className="sr-only">{t("apps.tags.of", { name })}</span>
          {shown}
        </button>
      }
    >
      <TagChoice
        label={t("apps.tags.of", { name })}
        tags={tags.data ?? []}
        chosen={chosen.map((tag) => tag.id)}
        onToggle={onTag}
        onCreate={create}
      />
    </Popover>
  );
}
