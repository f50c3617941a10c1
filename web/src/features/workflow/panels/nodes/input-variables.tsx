import { ChevronDown, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { jsonText, type JsonValue } from "@/api/json";
import { isJsonObject, parseJson } from "@/api/json";
import { CommittedInput } from "@/features/editors/committed-input";
import { JsonEditor } from "@/features/editors/json-editor";
import { NumberSlider } from "@/features/editors/number-slider";
import { SortableList } from "@/features/editors/sortable-list";
import { Switch } from "@/ui/switch";
import { LINES, TagInput } from "@/ui/tag-input";
import { nameProblem } from "@/features/variables/tokens";
import { Button, IconButton } from "@/ui/button";
import { NativeSelect, TextArea, TextInput } from "@/ui/field";
import { Row } from "../section";
import { FileRules, type FileRulesData } from "./file-rules";
import { freeName, withItem } from "./shared";

export interface InputVariable extends FileRulesData {
  variable: string;
  label?: string;
  type?: string;
  required?: boolean;
  hide?: boolean;
  max_length?: number | null;
  default?: JsonValue;
  options?: string[] | null;
  description?: string;
  json_schema?: JsonValue;
}

export const INPUT_TYPES = ["text-input", "paragraph", "select", "number", "checkbox", "json_object", "file", "file-list"] as const;

interface InputVariablesProps {
  variables: readonly InputVariable[];
  onChange: (variables: InputVariable[]) => void;
  /** Everything that reads the variable is to follow. */
  onRename: (at: number, name: string) => void;
  onRemove: (at: number) => void;
  types?: readonly (typeof INPUT_TYPES)[number][];
  /** Whether questions may be left out of the form and given by the address alone. */
  hideable?: boolean;
  /** Names that are taken elsewhere. */
  taken?: readonly string[];
  disabled: boolean;
}

/** What a form asks for: sorted, opened one at a time, added and removed. */
export function InputVariables({ variables, onChange, onRename, onRemove, types = INPUT_TYPES, hideable = true, taken = [], disabled }: InputVariablesProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<string | null>(null);
  const names = [...variables.map((each) => each.variable), ...taken];
  const change = (at: number, part: Partial<InputVariable>) => {
    const before = variables[at];
    if (before !== undefined) onChange(withItem(variables, at, { ...before, ...part }));
  };
  return (
    <>
      <SortableList
        items={variables}
        disabled={disabled}
        nameOf={(each) => each.variable}
        onChange={onChange}
        render={(variable, at, handle) => (
          <div className="rounded-card border border-line bg-surface">
            <div className="flex min-h-9 items-center gap-1 px-1.5">
              {handle}
              <button
                type="button"
                aria-expanded={open === variable.variable}
                onClick={() => setOpen(open === variable.variable ? null : variable.variable)}
                className="flex min-w-0 flex-1 items-center gap-2 py-1.5 text-start"
              >
                <span className="min-w-0 truncate font-mono text-12 font-medium">{variable.variable}</span>
                <span className="min-w-0 flex-1 truncate text-muted">{variable.label}</span>
                {variable.hide === true && <span className="text-12 text-muted">{t("panels.start.hidden")}</span>}
                {variable.required === true && <span className="text-12 text-muted">{t("panels.start.required")}</span>}
                <span className="shrink-0 text-12 text-muted">{t(`panels.inputTypes.${(variable.type ?? "text-input") as "paragraph"}`)}</span>
                <ChevronDown size={14} strokeWidth={1.5} className={open === variable.variable ? "shrink-0 rotate-180 text-muted" : "shrink-0 text-muted"} />
              </button>
              {!disabled && (
                <IconButton
                  label={t("panels.removeItem", { name: variable.variable })}
                  onClick={() => onRemove(at)}
                >
                  <Trash2 size={14} strokeWidth={1.5} />
                </IconButton>
              )}
            </div>
            {open === variable.variable && (
              <Details
                variable={variable}
                others={names.filter((name) => name !== variable.variable)}
                types={types}
                hideable={hideable}
                disabled={disabled}
                onChange={(part) => change(at, part)}
                onRename={(name) => {
                  onRename(at, name);
                  setOpen(name);
                }}
              />
            )}
          </div>
        )}
      />
      {!disabled && (
        <Button
          variant="quiet"
          size="small"
          className="self-start"
          icon={<Plus size={14} strokeWidth={1.5} />}
          onClick={() => {
            const variable = freeName("input", names);
            onChange([...variables, { variable, label: "", type: "text-input", required: true, max_length: 48, options: [] }]);
            setOpen(variable);
          }}
        >
          {t("panels.start.add")}
        </Button>
      )}
    </>
  );
}

interface DetailsProps {
  variable: InputVariable;
  others: readonly string[];
  types: readonly (typeof INPUT_TYPES)[number][];
  hideable: boolean;
  onChange: (part: Partial<InputVariable>) => void;
  onRename: (name: string) => void;
  disabled: boolean;
}

function Details({ variable, others, types, hideable, onChange, onRename, disabled }: DetailsProps) {
  const { t } = useTranslation();
  const type = variable.type ?? "text-input";
  const text = type === "text-input" || type === "paragraph";
  return (
    <div className="flex flex-col gap-3 border-t border-line p-3">
      <Row label={t("panels.start.type")}>
        <NativeSelect
          aria-label={t("panels.start.type")}
          value={type}
          disabled={disabled}
          onChange={(event) => onChange({ type: event.target.value, default: null, max_length: { "text-input": 48, "file-list": 5 }[event.target.value] ?? null })}
          className="h-8! w-44! text-13!"
        >
          {!types.some((each) => each === type) && <option value={type}>{type}</option>}
          {types.map((each) => (
            <option key={each} value={each}>
              {t(`panels.inputTypes.${each}`)}
            </option>
          ))}
        </NativeSelect>
      </Row>
      <Row label={t("panels.start.name")} stacked>
        <CommittedInput
          label={t("panels.start.name")}
          value={variable.variable}
          disabled={disabled}
          check={(name) => {
            const problem = nameProblem(name, others);
            return problem === null ? null : t(`editors.name.${problem}`);
          }}
          onCommit={onRename}
          className="font-mono"
        />
      </Row>
      <Row label={t("panels.start.label")} stacked>
        <TextInput
          aria-label={t("panels.start.label")}
          value={variable.label ?? ""}
          placeholder={variable.variable}
          disabled={disabled}
          onChange={(event) => onChange({ label: event.target.value })}
          className="h-8! text-13!"
        />
      </Row>
      <Row label={t("panels.start.description")} stacked>
        <TextInput
          aria-label={t("panels.start.description")}
          value={variable.description ?? ""}
          disabled={disabled}
          onChange={(event) => onChange({ description: event.target.value })}
          className="h-8! text-13!"
        />
      </Row>
      {(text || type === "file-list") && (
        <Row label={text ? t("panels.start.maxLength") : t("panels.start.maxFiles")}>
          <NumberSlider
            label={text ? t("panels.start.maxLength") : t("panels.start.maxFiles")}
            value={variable.max_length ?? 0}
            min={type === "file-list" ? 1 : undefined}
            max={type === "file-list" ? 20 : undefined}
            disabled={disabled}
            onChange={(max) => onChange({ max_length: max <= 0 ? null : Math.round(type === "text-input" ? Math.min(max, 256) : max) })}
          />
        </Row>
      )}
      {type === "select" && (
        <Row label={t("panels.start.options")} stacked>
          <TagInput separator={LINES}
            label={t("panels.start.options")}
            placeholder={t("panels.start.optionsHint")}
            value={variable.options ?? []}
            disabled={disabled}
            onChange={(options) => onChange({ options, ...(options.includes(jsonText(variable.default)) ? {} : { default: null }) })}
          />
        </Row>
      )}
      {(type === "file" || type === "file-list") && <FileRules value={variable} disabled={disabled} onChange={onChange} />}
      {type === "json_object" && (
        <Row label={t("panels.start.schema")} stacked>
          <JsonEditor
            label={t("panels.start.schema")}
            value={(typeof variable.json_schema === "string" ? parseJson(variable.json_schema) : variable.json_schema) ?? undefined}
            disabled={disabled}
            check={(json) => (isJsonObject(json) ? null : t("editors.schema.noObject"))}
            onChange={(json_schema) => onChange({ json_schema: json_schema ?? null })}
          />
        </Row>
      )}
      <DefaultValue variable={variable} type={type} disabled={disabled} onChange={onChange} />
      <Row label={t("panels.start.requiredLong")}>
        <Switch bare label={t("panels.start.requiredLong")} checked={variable.required === true} disabled={disabled} onChange={(required) => onChange({ required, ...(required && hideable ? { hide: false } : {}) })} />
      </Row>
      {hideable && (
        <Row label={t("panels.start.hide")} hint={t("panels.start.hideHint")}>
        <Switch bare label={t("panels.start.hide")} checked={variable.hide === true} disabled={disabled} onChange={(hide) => onChange({ hide, ...(hide ? { required: false } : {}) })} />
      </Row>
      )}
    </div>
  );
}

/** What counts when nothing is given. Files have none. */
function DefaultValue({ variable, type, onChange, disabled }: { variable: InputVariable; type: string; onChange: DetailsProps["onChange"]; disabled: boolean }) {
  const { t } = useTranslation();
  const label = t("panels.start.default");
  const now = variable.default ?? null;
  if (type === "file" || type === "file-list") return null;
  if (type === "checkbox") {
    return (
      <Row label={label}>
        <Switch bare label={label} checked={now === true || now === "true"} disabled={disabled} onChange={(value) => onChange({ default: value })} />
      </Row>
    );
  }
  if (type === "json_object") {
    return (
      <Row label={label} stacked>
        <JsonEditor label={label} value={(typeof now === "string" ? parseJson(now) : now) ?? undefined} disabled={disabled} minHeight={48} onChange={(value) => onChange({ default: value ?? null })} />
      </Row>
    );
  }
  const text = typeof now === "string" || typeof now === "number" ? String(now) : "";
  if (type === "select") {
    return (
      <Row label={label}>
        <NativeSelect aria-label={label} value={text} disabled={disabled} onChange={(event) => onChange({ default: event.target.value === "" ? null : event.target.value })} className="h-8! w-44! text-13!">
          <option value="">{t("panels.notSet")}</option>
          {(variable.options ?? []).map((option) => (
            <option key={option}>{option}</option>
          ))}
        </NativeSelect>
      </Row>
    );
  }
  const take = (value: string) => onChange({ default: value === "" ? null : type === "number" && Number.isFinite(Number(value)) ? Number(value) : value });
  return (
    <Row label={label} stacked>
      {type === "paragraph" ? (
        <TextArea aria-label={label} value={text} disabled={disabled} onChange={(event) => take(event.target.value)} className="min-h-14! text-13!" />
      ) : (
        <TextInput aria-label={label} type={type === "number" ? "number" : "text"} step="any" value={text} disabled={disabled} onChange={(event) => take(event.target.value)} className="h-8! text-13!" />
      )}
    </Row>
  );
}
