import { useQueries } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { freshId } from "@/features/conditions/conditions";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { ModelField } from "@/features/model-picker/model-field";
import type { ModelSettings } from "@/features/model-picker/models";
import { Section } from "@/features/workflow/panels/section";
import { Button, IconButton } from "@/ui/button";
import { NativeSelect, TextInput } from "@/ui/field";
import { Segmented } from "@/ui/segmented";
import { LINES, TagInput } from "@/ui/tag-input";
import { BUILT_IN, fieldsQuery } from "./metadata/metadata-query";

interface MetadataCondition {
  id?: string;
  name?: string;
  metadata_id?: string;
  comparison_operator?: string;
  value?: string | number | string[] | null;
}

export interface MetadataConditions {
  logical_operator?: string;
  conditions?: MetadataCondition[];
}

const MODES = ["disabled", "automatic", "manual"] as const;

/** Which documents are searched at all, as app files hold it. */
export interface MetadataFilter {
  mode: (typeof MODES)[number];
  model: ModelSettings | null;
  conditions: MetadataConditions;
}

const OPERATORS = [
  "contains", "not contains", "start with", "end with", "is", "is not", "in", "not in", "empty", "not empty",
  "=", "≠", ">", "<", "≥", "≤", "before", "after",
] as const; // prettier-ignore

export function filteringMode(text: string | undefined): MetadataFilter["mode"] {
  return MODES.find((mode) => mode === text) ?? "disabled";
}

interface MetadataFilterFieldsProps {
  value: MetadataFilter;
  onChange: (value: MetadataFilter) => void;
  /** The bases whose fields are offered. */
  bases?: readonly string[];
  /** Values hold no variables. */
  plain?: boolean;
  disabled?: boolean;
}

const NO_BASES: readonly string[] = [];

/** Documents are left out by their metadata: by conditions, or as a model reads the question. */
export function MetadataFilterFields({ value, onChange, bases = NO_BASES, plain = false, disabled = false }: MetadataFilterFieldsProps) {
  const { t } = useTranslation();
  return (
    <Section title={t("panels.retrieval.filter")} hint={t(`panels.retrieval.filter-${value.mode}`)}>
      <Segmented
        label={t("panels.retrieval.filter")}
        value={value.mode}
        disabled={disabled}
        onChange={(mode) => onChange({ ...value, mode })}
        options={MODES.map((mode) => ({ value: mode, label: t(`panels.retrieval.${mode}`) }))}
      />
      {value.mode === "automatic" && <ModelField value={value.model} disabled={disabled} onChange={(model) => onChange({ ...value, model })} />}
      {value.mode === "manual" && <MetadataConditionRows filter={value.conditions} bases={bases} plain={plain} disabled={disabled} onChange={(conditions) => onChange({ ...value, conditions })} />}
    </Section>
  );
}

interface ValueInputProps {
  value: string;
  onChange: (value: string) => void;
  plain: boolean;
  disabled: boolean;
}

function ValueInput({ plain, onChange, ...rest }: ValueInputProps) {
  const { t } = useTranslation();
  if (!plain) return <PromptEditor kind="line" label={t("editors.conditions.value")} onChange={onChange} {...rest} />;
  return <TextInput aria-label={t("editors.conditions.value")} onChange={(event) => onChange(event.target.value)} {...rest} />;
}

interface MetadataConditionRowsProps {
  filter: MetadataConditions;
  onChange: (filter: MetadataConditions) => void;
  bases: readonly string[];
  plain: boolean;
  disabled: boolean;
}

function MetadataConditionRows({ filter, onChange, bases, plain, disabled }: MetadataConditionRowsProps) {
  const { t } = useTranslation();
  const names = useFieldNames(bases);
  const list = useId();
  const conditions = filter.conditions ?? [];
  const logic = filter.logical_operator === "or" ? "or" : "and";
  const change = (next: MetadataCondition[]) => onChange({ ...filter, logical_operator: logic, conditions: next });
  return (
    <>
      <datalist id={list}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {conditions.length > 1 && (
        <Segmented
          label={t("editors.conditions.joined")}
          value={logic}
          disabled={disabled}
          onChange={(logical_operator) => onChange({ ...filter, conditions, logical_operator })}
          options={[
            { value: "and", label: t("editors.conditions.and") },
            { value: "or", label: t("editors.conditions.or") },
          ]}
        />
      )}
      {conditions.map((condition, at) => {
        const operator = condition.comparison_operator ?? "is";
        const several = operator === "in" || operator === "not in";
        return (
          <div key={condition.id ?? at} className="flex min-w-0 flex-wrap items-center gap-1 rounded-control bg-sunken/60 p-1.5">
            <TextInput
              aria-label={t("panels.retrieval.field")}
              list={list}
              placeholder={t("panels.retrieval.field")}
              value={condition.name ?? ""}
              disabled={disabled}
              onChange={(event) => change(conditions.with(at, { ...condition, name: event.target.value }))}
              className="h-8! w-32! text-13!"
            />
            <NativeSelect
              aria-label={t("editors.conditions.operator")}
              value={operator}
              disabled={disabled}
              onChange={(event) => change(conditions.with(at, { ...condition, comparison_operator: event.target.value, value: ["in", "not in"].includes(event.target.value) ? [] : "" }))}
              className="h-8! w-auto! text-13!"
            >
              {OPERATORS.map((each) => (
                <option key={each} value={each}>
                  {t(`editors.operators.${each}`)}
                </option>
              ))}
            </NativeSelect>
            {!["empty", "not empty"].includes(operator) && (
              <div className="flex min-w-32 flex-1">
                {several ? (
                  <TagInput separator={LINES} label={t("editors.conditions.value")} value={Array.isArray(condition.value) ? condition.value : []} disabled={disabled} onChange={(value) => change(conditions.with(at, { ...condition, value }))} />
                ) : (
                  <ValueInput value={Array.isArray(condition.value) ? condition.value.join(", ") : String(condition.value ?? "")} plain={plain} disabled={disabled} onChange={(value) => change(conditions.with(at, { ...condition, value }))} />
                )}
              </div>
            )}
            {!disabled && (
              <IconButton label={t("editors.conditions.remove")} onClick={() => change(conditions.filter((_, index) => index !== at))}>
                <Trash2 size={14} strokeWidth={1.5} />
              </IconButton>
            )}
          </div>
        );
      })}
      {!disabled && (
        <Button
          variant="quiet"
          size="small"
          className="self-start"
          icon={<Plus size={14} strokeWidth={1.5} />}
          onClick={() => change([...conditions, { id: freshId(), name: "", comparison_operator: "is", value: "" }])}
        >
          {t("editors.conditions.add")}
        </Button>
      )}
    </>
  );
}

/** The metadata fields of some bases, each name once. */
function useFieldNames(bases: readonly string[]): string[] {
  return useQueries({
    queries: bases.map(fieldsQuery),
    combine: (answers) => [...new Set([...answers.flatMap(({ data }) => data?.doc_metadata.map((field) => field.name) ?? []), ...BUILT_IN])],
  });
}
