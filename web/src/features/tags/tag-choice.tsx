import { Command } from "cmdk";
import { Check, Plus, Search, Settings2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Tag } from "./tags-query";

interface TagChoiceProps {
  label: string;
  tags: readonly Tag[];
  chosen: readonly string[];
  onToggle: (tag: Tag, on: boolean) => void;
  /** Makes a tag of what was typed. */
  onCreate?: ((name: string) => unknown) | undefined;
  /** Opens the list of all tags to change them. */
  onManage?: (() => void) | undefined;
  /** Beside each tag, how many apps have it. */
  counted?: boolean;
}

const MAX_NAME = 50;
const ITEM =
  "flex min-h-8 cursor-pointer items-center gap-2 rounded-control px-2 select-none data-[selected=true]:bg-text/8 pointer-coarse:min-h-10";

/** Tags to tick, searched by typing. */
export function TagChoice({ label, tags, chosen, onToggle, onCreate, onManage, counted = false }: TagChoiceProps) {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  const typed = query.trim().slice(0, MAX_NAME);
  const creatable = onCreate !== undefined && typed !== "" && !tags.some((tag) => tag.name === typed);
  return (
    <Command label={label} loop className="flex max-h-90 flex-col">
      <div className="flex items-center gap-2 border-b border-line px-3">
        <Search aria-hidden size={16} strokeWidth={1.5} className="shrink-0 text-muted" />
        <Command.Input
          value={query}
          onValueChange={setQuery}
          placeholder={onCreate === undefined ? t("apps.tags.search") : t("apps.tags.searchOrCreate")}
          className="h-9 min-w-0 flex-1 bg-transparent outline-none placeholder:text-muted/80"
        />
      </div>
      <Command.List className="min-h-0 flex-1 overflow-y-auto p-1">
        {!creatable && (
          <Command.Empty className="px-2 py-5 text-center text-muted">{tags.length === 0 ? t("apps.tags.none") : t("common.nothingFound")}</Command.Empty>
        )}
        {tags.map((tag) => {
          const on = chosen.includes(tag.id);
          return (
            <Command.Item key={tag.id} value={tag.id} keywords={[tag.name]} onSelect={() => onToggle(tag, !on)} className={ITEM}>
              <span aria-hidden className={`inline-flex size-4 shrink-0 items-center justify-center rounded-sm border ${on ? "border-accent bg-accent text-on-accent" : "border-line-strong"}`}>
                {on && <Check size={12} strokeWidth={2.5} />}
              </span>
              <span className="min-w-0 flex-1 truncate">{tag.name}</span>
              {on && <span className="sr-only">{t("common.chosen")}</span>}
              {counted && <span className="tabular text-12 text-muted">{tag.binding_count}</span>}
            </Command.Item>
          );
        })}
        {creatable && (
          <Command.Item
            forceMount
            value="create"
            keywords={[typed]}
            onSelect={() => {
              void onCreate(typed);
              setQuery("");
            }}
            className={ITEM}
          >
            <Plus aria-hidden size={16} strokeWidth={1.5} className="shrink-0 text-muted" />
            <span className="min-w-0 flex-1 truncate">{t("common.createNamed", { name: typed })}</span>
          </Command.Item>
        )}
      </Command.List>
      {onManage !== undefined && (
        <div className="border-t border-line p-1">
          <button type="button" onClick={onManage} className="flex min-h-8 w-full items-center gap-2 rounded-control px-2 hover:bg-text/8 pointer-coarse:min-h-10">
            <Settings2 aria-hidden size={16} strokeWidth={1.5} className="text-muted" />
            {t("apps.tags.manage")}
          </button>
        </div>
      )}
    </Command>
  );
}
