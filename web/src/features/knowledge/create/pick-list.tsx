import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Checkbox } from "@/ui/checkbox";
import { TextInput } from "@/ui/field";

interface PickListProps {
  label: string;
  items: readonly { id: string; name: string; hint?: string }[];
  picked: readonly string[];
  onPick: (ids: string[]) => void;
}

/** Some of many, which can be narrowed by words. */
export function PickList({ label, items, picked, onPick }: PickListProps) {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  const wanted = words.toLowerCase();
  const seen = items.filter((item) => `${item.name} ${item.hint ?? ""}`.toLowerCase().includes(wanted));
  const all = seen.length > 0 && seen.every((item) => picked.includes(item.id));
  const seenIds = seen.map((item) => item.id);
  return (
    <fieldset className="flex min-w-0 flex-col gap-2 rounded-card border border-line p-3">
      <legend className="px-1 font-medium">{label}</legend>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Checkbox
          label={t("knowledgeSetup.pick.all", { picked: picked.length, count: items.length })}
          checked={all ? true : picked.length > 0 ? "indeterminate" : false}
          onChange={(on) => onPick(on ? [...new Set([...picked, ...seenIds])] : picked.filter((id) => !seenIds.includes(id)))}
        />
        <TextInput type="search" className="max-w-60" aria-label={t("knowledgeSetup.pick.narrow")} placeholder={t("knowledgeSetup.pick.narrow")} value={words} onChange={(event) => setWords(event.target.value)} />
      </div>
      <ul className="flex max-h-80 flex-col gap-2 overflow-y-auto">
        {seen.map((item) => (
          <li key={item.id}>
            <Checkbox
              label={
                <span className="min-w-0">
                  <span className="block break-words">{item.name}</span>
                  {item.hint !== undefined && item.hint !== item.name && <span className="block text-12 break-all text-muted">{item.hint}</span>}
                </span>
              }
              checked={picked.includes(item.id)}
              onChange={(on) => onPick(on ? [...picked, item.id] : picked.filter((id) => id !== item.id))}
            />
          </li>
        ))}
      </ul>
    </fieldset>
  );
}
