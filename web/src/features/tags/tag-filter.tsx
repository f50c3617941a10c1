import { useQuery } from "@tanstack/react-query";
import { ChevronDown, Tag as TagSign, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/ui/button";
import { Popover } from "@/ui/popover";
import { TagChoice } from "./tag-choice";
import { TagManager } from "./tag-manager";
import { tagsQuery, type TagKind } from "./tags-query";

interface TagFilterProps {
  kind: TagKind;
  chosen: readonly string[];
  onChange: (ids: readonly string[]) => void;
  mayManage: boolean;
}

/** Which tags the things shown have, one of them at least. */
export function TagFilter({ kind, chosen, onChange, mayManage }: TagFilterProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [managing, setManaging] = useState(false);
  const tags = useQuery({ ...tagsQuery(kind), enabled: open || chosen.length > 0 });
  const names = chosen.flatMap((id) => tags.data?.find((tag) => tag.id === id)?.name ?? []);
  const manage = () => {
    setOpen(false);
    setManaging(true);
  };
  return (
    <span className="inline-flex min-w-0 items-center">
      <Popover
        open={open}
        onOpenChange={setOpen}
        label={t("apps.tags.filter")}
        className="w-65"
        trigger={
          <Button className="max-w-60 min-w-0 shrink" icon={<TagSign size={14} strokeWidth={1.5} />}>
            <span className="truncate">{names.length === 0 ? t("apps.tags.filter") : names.join(", ")}</span>
            <ChevronDown aria-hidden size={14} strokeWidth={1.5} className="text-muted" />
          </Button>
        }
      >
        <TagChoice
          label={t("apps.tags.filter")}
          tags={tags.data ?? []}
          chosen={chosen}
          counted
          onToggle={(tag, on) => onChange(on ? [...chosen, tag.id] : chosen.filter((id) => id !== tag.id))}
          onManage={mayManage ? manage : undefined}
        />
      </Popover>
      {chosen.length > 0 && (
        <IconButton label={t(kind === "app" ? "apps.tags.clear" : "knowledgeSetup.tags.clear")} onClick={() => onChange([])}>
          <X size={14} strokeWidth={1.5} />
        </IconButton>
      )}
      {managing && <TagManager kind={kind} onClose={() => setManaging(false)} />}
    </span>
  );
}
