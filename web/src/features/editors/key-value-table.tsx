import { ListPlus, Table2, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import { TextArea } from "@/ui/field";
import { joinPairs, splitPairs, type Pair } from "./pairs";
import { PromptEditor } from "./prompt-editor";

interface KeyValueTableProps {
  /** `key:value` lines. */
  value: string;
  onChange: (value: string) => void;
  label: string;
  disabled?: boolean;
}

/** Pairs as rows with variables in both columns, or all at once as lines. */
export function KeyValueTable({ value, onChange, label, disabled = false }: KeyValueTableProps) {
  const { t } = useTranslation();
  const [bulk, setBulk] = useState(false);
  const rows = splitPairs(value);
  const change = (at: number, row: Pair): void => onChange(joinPairs([...rows.slice(0, at), row, ...rows.slice(at + 1)]));
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-center justify-between">
        <span className="font-medium">{label}</span>
        <IconButton label={bulk ? t("editors.pairs.rows") : t("editors.pairs.bulk")} onClick={() => setBulk(!bulk)}>
          {bulk ? <Table2 size={14} strokeWidth={1.5} /> : <ListPlus size={14} strokeWidth={1.5} />}
        </IconButton>
      </div>
      {bulk ? (
        <TextArea
          aria-label={label}
          value={value}
          disabled={disabled}
          onChange={(event) => onChange(event.target.value)}
          placeholder={t("editors.pairs.bulkHint")}
          className="font-mono text-12"
          spellCheck={false}
        />
      ) : (
        <div role="table" aria-label={label} className="flex flex-col gap-1">
          {[...rows, ...(disabled ? [] : [{ key: "", value: "" }])].map((row, at) => (
            <div key={at} role="row" className="flex items-start gap-1">
              <div role="cell" className="min-w-0 flex-[2]">
                <PromptEditor
                  kind="line"
                  label={t("editors.pairs.key", { label, number: at + 1 })}
                  placeholder={t("editors.pairs.keyHint")}
                  value={row.key}
                  disabled={disabled}
                  onChange={(key) => change(at, { ...row, key })}
                />
              </div>
              <div role="cell" className="min-w-0 flex-[3]">
                <PromptEditor
                  kind="line"
                  label={t("editors.pairs.value", { label, number: at + 1 })}
                  placeholder={t("editors.pairs.valueHint")}
                  value={row.value}
                  disabled={disabled}
                  onChange={(text) => change(at, { ...row, value: text })}
                />
              </div>
              <div role="cell" className="w-7 shrink-0">
                {at < rows.length && !disabled && (
                  <IconButton
                    label={t("editors.pairs.remove", { name: row.key || at + 1 })}
                    onClick={() => onChange(joinPairs(rows.filter((_, other) => other !== at)))}
                  >
                    <Trash2 size={14} strokeWidth={1.5} />
                  </IconButton>
                )}
              </div>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
