import { useTranslation } from "react-i18next";
import type { JsonValue } from "@/api/json";
import { NumberSlider } from "@/features/editors/number-slider";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { Segmented } from "@/ui/segmented";
import { Switch } from "@/ui/switch";
import { i18nText } from "@/features/schema-form/i18n-text";
import { VariableField } from "@/features/variables/variable-field";
import { acceptedFor, type ToolParameter } from "./tools";
import { NativeSelect } from "@/ui/field";

/** Where a parameter's value comes from. */
export interface Given {
  type: "mixed" | "variable" | "constant";
  value: JsonValue;
}

interface ToolValueProps {
  parameter: ToolParameter;
  value: Given | undefined;
  onChange: (value: Given) => void;
  disabled: boolean;
}

/** One parameter of a tool: a text with variables, a fixed value of its type, or a variable. */
export function ToolValue({ parameter, value, onChange, disabled }: ToolValueProps) {
  const { t, i18n } = useTranslation();
  const label = i18nText(parameter.label, i18n.language) || parameter.name;
  const help = i18nText(parameter.human_description, i18n.language);
  const text = ["string", "secret-input", "text-input", "any"].includes(parameter.type);
  const onlyVariable = ["file", "files", "array", "object"].includes(parameter.type);
  const isVariable = value?.type === "variable" || (value === undefined && onlyVariable);
  return (
    <div className="flex min-w-0 flex-col gap-1" data-parameter={parameter.name}>
      <div className="flex min-h-7 items-center gap-2">
        <span className="min-w-0 flex-1 truncate">
          {label}
          {parameter.required === true && <span className="text-danger"> *</span>}
          <span className="ms-2 text-12 text-muted">{parameter.type}</span>
        </span>
        {!text && !onlyVariable && (
          <Segmented
            label={t("panels.tool.sourceOf", { name: label })}
            value={isVariable ? "variable" : "constant"}
            disabled={disabled}
            onChange={(type) => onChange({ type, value: type === "variable" ? [] : (parameter.default ?? (parameter.type === "boolean" ? false : "")) })}
            options={[
              { value: "constant", label: t("panels.constant") },
              { value: "variable", label: t("panels.variable") },
            ]}
          />
        )}
      </div>
      {isVariable && !(text && value === undefined) ? (
        <VariableField
          label={label}
          value={Array.isArray(value?.value) ? value.value.map(String) : []}
          accepted={acceptedFor(parameter)}
          clearable={text}
          disabled={disabled}
          onChange={(selector) => onChange(selector.length === 0 ? { type: "mixed", value: "" } : { type: "variable", value: selector })}
        />
      ) : text ? (
        <PromptEditor
          kind="line"
          label={label}
          placeholder={placeholderOf(parameter)}
          value={typeof value?.value === "string" ? value.value : value?.value === undefined || value.value === null ? "" : JSON.stringify(value.value)}
          disabled={disabled}
          onChange={(next) => onChange({ type: "mixed", value: next })}
        />
      ) : (
        <Constant parameter={parameter} label={label} value={value?.value ?? parameter.default ?? null} disabled={disabled} onChange={(next) => onChange({ type: "constant", value: next })} />
      )}
      {help !== "" && <p className="text-12 text-muted">{help}</p>}
    </div>
  );
}

function placeholderOf(parameter: ToolParameter): string {
  return typeof parameter.default === "string" || typeof parameter.default === "number" ? String(parameter.default) : "";
}

interface ConstantProps {
  parameter: ToolParameter;
  label: string;
  value: JsonValue;
  onChange: (value: JsonValue) => void;
  disabled: boolean;
}

/** A fixed value of a parameter's own type. */
export function Constant({ parameter, label, value, onChange, disabled }: ConstantProps) {
  const { t, i18n } = useTranslation();
  switch (parameter.type) {
    case "number":
      return (
        <NumberSlider
          label={label}
          value={value === null || value === "" ? Number.NaN : Number(value)}
          min={parameter.min ?? undefined}
          max={parameter.max ?? undefined}
          step={0.01}
          disabled={disabled}
          onChange={onChange}
        />
      );
    case "boolean":
      return <Switch bare label={label} checked={value === true || value === "true" || value === 1} disabled={disabled} onChange={onChange} />;
    case "select":
      return (
        <NativeSelect aria-label={label} value={typeof value === "string" ? value : ""} disabled={disabled} onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)} className="h-8! text-13!">
          <option value="">{t("panels.notSet")}</option>
          {(parameter.options ?? []).map((option) => (
            <option key={option.value} value={option.value}>
              {i18nText(option.label, i18n.language) || option.value}
            </option>
          ))}
        </NativeSelect>
      );
    default:
      return <PromptEditor kind="line" label={label} value={typeof value === "string" ? value : value === null ? "" : JSON.stringify(value)} disabled={disabled} onChange={onChange} />;
  }
}
