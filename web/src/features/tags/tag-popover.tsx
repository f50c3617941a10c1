import { useQuery } from "@tanstack/react-query";
import { Tag as TagSign } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { App } from "@/api/console";
import { useErrorText } from "@/i18n/errors";
import { Popover } from "@/ui/popover";
import { showToast } from "@/ui/toast";
import { TagChoice } from "./tag-choice";
import { tagsQuery, useTagging, useTagWrites } from "./tags-query";

/** The tags of an app in one line, which opens to change them for those who may. */
export function AppTags({ app, editable }: { app: App; editable: boolean }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [open, setOpen] = useState(false);
  const tags = useQuery({ ...tagsQuery, enabled: open });
  const tagging = useTagging(app.id);
  const { add } = useTagWrites();
  const line = app.tags.map((tag) => tag.name).join(", ");
  const shown = (
    <>
      <TagSign aria-hidden size={14} strokeWidth={1.5} className="shrink-0" />
      <span className="truncate">{line === "" ? t("apps.tags.addTo") : line}</span>
    </>
  );
  if (!editable) return line === "" ? <span /> : <span className="flex min-w-0 items-center gap-1.5 text-12 text-muted">{shown}</span>;
  const create = async (name: string) => {
    try {
      tagging.mutate({ tag: await add(name), on: true });
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      label={t("apps.tags.of", { name: app.name })}
      className="w-65"
      trigger={
        <button
          type="button"
          className={`touch-target flex h-7 min-w-0 items-center gap-1.5 rounded-control px-1.5 text-12 text-muted hover:bg-sunken hover:text-text ${
            line === "" ? "pointer-fine:not-group-hover:not-group-focus-within:not-data-[state=open]:opacity-0" : ""
          }`}
        >
          <span className="sr-only">{t("apps.tags.of", { name: app.name })}</span>
          {shown}
        </button>
      }
    >
      <TagChoice
        label={t("apps.tags.of", { name: app.name })}
        tags={tags.data ?? []}
        chosen={app.tags.map((tag) => tag.id)}
        onToggle={(tag, on) => tagging.mutate({ tag, on })}
        onCreate={create}
      />
    </Popover>
  );
}
