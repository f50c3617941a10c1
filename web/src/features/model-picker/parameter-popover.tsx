import { useQuery } from "@tanstack/react-query";
import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { jsonText, without, type JsonObject, type JsonValue } from "@/api/json";
import { PopoverCard } from "@/features/editors/popover-card";
import { Switch } from "@/ui/switch";
import { LINES, TagInput } from "@/ui/tag-input";
import { NumberSlider } from "@/features/editors/number-slider";
import { i18nText } from "@/features/schema-form/i18n-text";
import { Button } from "@/ui/button";
import { NativeSelect, TextArea, TextInput } from "@/ui/field";
import { Spinner } from "@/ui/spinner";
import { clamped, PRESETS, rulesQuery, withPreset, type ParameterRule } from "./models";

interface ParameterPopoverProps {
  provider: string;
  name: string;
  parameters: JsonObject;
  onChange: (parameters: JsonObject) => void;
  disabled?: boolean;
}

/** The parameters of a model: each with its own switch, so that what is off is left to the provider. */
export function ParameterPopover({ provider, name, parameters, onChange, disabled = false }: ParameterPopoverProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <PopoverCard
      open={open}
      onOpenChange={setOpen}
      label={t("models.parameters")}
      align="end"
      trigger={
        <button
          type="button"
          aria-label={t("models.parameters")}
          title={t("models.parameters")}
          disabled={disabled || name === ""}
          className="inline-flex size-8 shrink-0 items-center justify-center rounded-control border border-line bg-raised text-muted hover:border-line-strong hover:text-text disabled:opacity-50 pointer-coarse:size-10"
        >
          <SlidersHorizontal size={14} strokeWidth={1.5} />
        </button>
      }
    >
      <Parameters provider={provider} name={name} parameters={parameters} onChange={onChange} />
    </PopoverCard>
  );
}

function Parameters({ provider, name, parameters, onChange }: Omit<ParameterPopoverProps, "disabled">) {
  const { t } = useTranslation();
  const { data, isPending, isError } = useQuery(rulesQuery(provider, name));
  if (isPending) {
    return (
      <div className="flex justify-center p-6">
        <Spinner />
      </div>
    );
  }
  if (isError) return <p className="p-4 text-danger">{t("models.rulesFailed")}</p>;
  const rules = data.data;
  const stop = Array.isArray(parameters.stop) ? parameters.stop.map(String) : [];
  const set = (key: string, value: JsonValue | undefined) => {
    onChange(value === undefined ? without(parameters, key) : { ...parameters, [key]: value });
  };
  return (
    <div className="flex min-h-0 flex-col overflow-y-auto p-3">
      <div className="mb-3 flex gap-1" role="group" aria-label={t("models.presets")}>
        {(Object.keys(PRESETS) as (keyof typeof PRESETS)[]).map((preset) => (
          <Button key={preset} size="small" className="flex-1" onClick={() => onChange(withPreset(parameters, preset, rules))}>
            {t(`models.preset.${preset}`)}
          </Button>
        ))}
      </div>
      <div className="flex flex-col gap-3">
        {rules.map((rule) => (
          <RuleRow key={rule.name} rule={rule} value={parameters[rule.name]} onChange={(value) => set(rule.name, value)} />
        ))}
        {rules.length === 0 && <p className="text-muted">{t("models.noRules")}</p>}
        <div className="flex flex-col gap-1">
          <span className="text-12 font-medium">{t("models.stop")}</span>
          <TagInput separator={LINES}
            label={t("models.stop")}
            placeholder={t("models.stopHint")}
            value={stop}
            max={4}
            onChange={(words) => set("stop", words.length === 0 ? undefined : words)}
          />
        </div>
      </div>
    </div>
  );
}

interface RuleRowProps {
  rule: ParameterRule;
  value: JsonValue | undefined;
  onChange: (value: JsonValue | undefined) => void;
}

function RuleRow({ rule, value, onChange }: RuleRowProps) {
  const { i18n, t } = useTranslation();
  const label = i18nText(rule.label, i18n.language) || rule.name;
  const on = rule.required || value !== undefined;
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-center justify-between gap-2">
        <span className="min-w-0 truncate text-12 font-medium" title={i18nText(rule.help, i18n.language)}>
          {label}
        </span>
        {!rule.required && (
          <Switch bare label={t("models.use", { name: label })} checked={on} onChange={(checked) => onChange(checked ? firstValue(rule) : undefined)} />
        )}
      </div>
      {on && <RuleControl rule={rule} label={label} value={value ?? firstValue(rule)} onChange={onChange} />}
    </div>
  );
}

function firstValue(rule: ParameterRule): JsonValue {
  if (rule.default !== null) return rule.default;
  if (rule.type === "int" || rule.type === "float") return rule.min ?? 0;
  return rule.type === "boolean" ? false : (rule.options[0] ?? "");
}

function RuleControl({ rule, label, value, onChange }: RuleRowProps & { label: string; value: JsonValue }) {
  switch (rule.type) {
    case "int":
    case "float":
      return (
        <NumberSlider
          label={label}
          value={typeof value === "number" ? value : Number(value)}
          min={rule.min ?? undefined}
          max={rule.max ?? undefined}
          step={rule.type === "int" ? 1 : 10 ** -(rule.precision ?? 2)}
          onChange={(number) => onChange(clamped(number, rule))}
        />
      );
    case "boolean":
      return <Switch bare label={label} checked={value === true} onChange={onChange} />;
    default:
      if (rule.options.length > 0) {
        return (
          <NativeSelect aria-label={label} value={jsonText(value)} onChange={(event) => onChange(event.target.value)} className="h-8! text-13!">
            {rule.options.map((option) => (
              <option key={option}>{option}</option>
            ))}
          </NativeSelect>
        );
      }
      return rule.type === "text" ? (
        <TextArea aria-label={label} value={jsonText(value)} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <TextInput aria-label={label} value={jsonText(value)} onChange={(event) => onChange(event.target.value)} className="h-8! text-13!" />
      );
  }
}
