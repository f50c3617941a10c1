import clsx from "clsx";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PopoverCard } from "@/features/editors/popover-card";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { LINES, TagInput } from "@/ui/tag-input";
import type { VariableScope } from "@/features/variables/scope";
import { useScope } from "@/features/variables/scope-context";
import { FILE_ATTRIBUTES, itemType, type ValueType } from "@/features/variables/types";
import { VariableField } from "@/features/variables/variable-field";
import { VariablePicker } from "@/features/variables/variable-picker";
import { Button, IconButton } from "@/ui/button";
import { freshId, type Condition, type ConditionValue, type Logic, type SubCondition } from "./conditions";
import { keptOperator, needsValue, operatorsFor, operatorsForAttribute, spelled, type Operator } from "./operators";
import { NativeSelect } from "@/ui/field";

interface ConditionListProps {
  conditions: readonly Condition[];
  logic: Logic;
  onChange: (conditions: Condition[], logic: Logic) => void;
  label: string;
  disabled?: boolean;
}

/** Conditions on variables, joined by AND or OR. */
export function ConditionList({ conditions, logic, onChange, label, disabled = false }: ConditionListProps) {
  const { t } = useTranslation();
  const scope = useScope();
  const [adding, setAdding] = useState(false);
  const change = (at: number, condition: Condition) => onChange([...conditions.slice(0, at), condition, ...conditions.slice(at + 1)], logic);
  return (
    <div role="group" aria-label={label} className="flex min-w-0 flex-col gap-2">
      <div className="flex min-w-0 gap-2">
        {conditions.length > 1 && (
          <div className="flex w-9 shrink-0 flex-col items-center justify-center">
            <span className="w-px flex-1 bg-line" />
            <LogicSwitch logic={logic} disabled={disabled} onChange={(next) => onChange([...conditions], next)} />
            <span className="w-px flex-1 bg-line" />
          </div>
        )}
        <div className="flex min-w-0 flex-1 flex-col gap-2">
          {conditions.map((condition, at) => (
            <ConditionRow
              key={condition.id ?? at}
              condition={condition}
              scope={scope}
              disabled={disabled}
              onChange={(next) => change(at, next)}
              onRemove={() => onChange(conditions.filter((_, other) => other !== at), logic)}
            />
          ))}
        </div>
      </div>
      {!disabled && (
        <PopoverCard
          open={adding}
          onOpenChange={setAdding}
          label={t("editors.conditions.add")}
          trigger={
            <Button variant="quiet" size="small" className="self-start" icon={<Plus size={14} strokeWidth={1.5} />}>
              {t("editors.conditions.add")}
            </Button>
          }
        >
          <VariablePicker
            scope={scope}
            onChoose={(variable_selector, type) => {
              setAdding(false);
              onChange([...conditions, begun({ id: freshId() }, variable_selector, type)], logic);
            }}
          />
        </PopoverCard>
      )}
    </div>
  );
}

function LogicSwitch({ logic, onChange, disabled }: { logic: Logic; onChange: (logic: Logic) => void; disabled: boolean }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      disabled={disabled}
      aria-label={t("editors.conditions.logic", { logic: t(`editors.conditions.${logic}`) })}
      onClick={() => onChange(logic === "and" ? "or" : "and")}
      className="rounded-control border border-line bg-raised px-1.5 py-0.5 text-12 font-medium text-accent uppercase hover:border-line-strong"
    >
      {t(`editors.conditions.${logic}`)}
    </button>
  );
}

/** The condition on another variable: the operator stays if it fits, the value if the type is the same. */
function begun(condition: Condition, variable_selector: string[], type: ValueType): Condition {
  const same = condition.varType === type;
  const next: Condition = {
    ...condition,
    variable_selector,
    varType: type,
    comparison_operator: keptOperator(condition.comparison_operator ?? "", type),
    value: same ? (condition.value ?? "") : type === "boolean" ? true : "",
  };
  if (type === "array[file]") {
    next.sub_variable_condition ??= { case_id: freshId(), logical_operator: "and", conditions: [] };
  } else {
    delete next.sub_variable_condition;
  }
  return next;
}

interface ConditionRowProps {
  condition: Condition;
  scope: VariableScope;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
  disabled: boolean;
}

function ConditionRow({ condition, scope, onChange, onRemove, disabled }: ConditionRowProps) {
  const { t } = useTranslation();
  const selector = condition.variable_selector ?? [];
  const resolved = scope.resolve(selector);
  const type = resolved.state === "missing" ? (condition.varType ?? "any") : resolved.type;
  const operator = spelled(condition.comparison_operator ?? "");
  const sub = type === "array[file]" && ["contains", "not contains", "all of"].includes(operator);
  return (
    <div className="flex min-w-0 flex-col gap-1 rounded-control bg-sunken/60 p-1.5">
      <div className="flex min-w-0 flex-wrap items-center gap-1">
        <div className="flex min-w-40 flex-[2]">
          <VariableField
            label={t("editors.conditions.variable")}
            value={selector}
            scope={scope}
            disabled={disabled}
            onChange={(next, nextType) => onChange(begun(condition, next, nextType))}
          />
        </div>
        <OperatorSelect
          value={operator}
          offered={operatorsFor(type)}
          disabled={disabled}
          onChange={(comparison_operator) => onChange({ ...condition, comparison_operator, value: valueFor(comparison_operator, condition.value) })}
        />
        {!disabled && (
          <IconButton label={t("editors.conditions.remove")} onClick={onRemove} className="ms-auto">
            <Trash2 size={14} strokeWidth={1.5} />
          </IconButton>
        )}
      </div>
      {needsValue(operator) && !sub && (
        <ValueField type={type} operator={operator} value={condition.value ?? ""} disabled={disabled} onChange={(value) => onChange({ ...condition, value })} />
      )}
      {sub && (
        <SubConditions
          value={condition.sub_variable_condition?.conditions ?? []}
          logic={condition.sub_variable_condition?.logical_operator ?? "and"}
          disabled={disabled}
          onChange={(conditions, logical_operator) =>
            onChange({ ...condition, sub_variable_condition: { case_id: freshId(), ...condition.sub_variable_condition, conditions, logical_operator } })
          }
        />
      )}
    </div>
  );
}

/** `in` and `not in` need a list, all others one value. */
function valueFor(operator: Operator, value: ConditionValue | undefined): ConditionValue {
  const list = operator === "in" || operator === "not in" || operator === "all of";
  if (list) return Array.isArray(value) ? value : value === "" || value === undefined || value === null ? [] : [String(value)];
  return Array.isArray(value) ? (value[0] ?? "") : (value ?? "");
}

interface OperatorSelectProps {
  value: string;
  offered: readonly Operator[];
  onChange: (operator: Operator) => void;
  disabled: boolean;
}

export function OperatorSelect({ value, offered, onChange, disabled }: OperatorSelectProps) {
  const { t } = useTranslation();
  const all = offered.includes(value as Operator) || value === "" ? offered : [value as Operator, ...offered];
  return (
    <NativeSelect
      aria-label={t("editors.conditions.operator")}
      value={value}
      disabled={disabled}
      onChange={(event) => onChange(event.target.value as Operator)}
      className="h-8! w-auto! max-w-40 text-13!"
    >
      {value === "" && <option value="" />}
      {all.map((operator) => (
        <option key={operator} value={operator}>
          {t(`editors.operators.${operator}`, { defaultValue: operator })}
        </option>
      ))}
    </NativeSelect>
  );
}

interface ValueFieldProps {
  type: ValueType;
  operator: string;
  value: ConditionValue;
  onChange: (value: ConditionValue) => void;
  disabled: boolean;
}

function ValueField({ type, operator, value, onChange, disabled }: ValueFieldProps) {
  const { t } = useTranslation();
  const label = t("editors.conditions.value");
  if (type === "boolean" || itemType(type) === "boolean") {
    return (
      <NativeSelect
        aria-label={label}
        value={String(value === "" ? true : value)}
        disabled={disabled}
        onChange={(event) => onChange(event.target.value === "true")}
        className="h-8! text-13!"
      >
        <option value="true">true</option>
        <option value="false">false</option>
      </NativeSelect>
    );
  }
  if (operator === "in" || operator === "not in" || operator === "all of") {
    return <TagInput separator={LINES} label={label} placeholder={t("editors.conditions.values")} value={Array.isArray(value) ? value : []} disabled={disabled} onChange={onChange} />;
  }
  return (
    <PromptEditor
      kind="line"
      label={label}
      placeholder={type === "number" ? t("editors.conditions.numberHint") : t("editors.conditions.valueHint")}
      value={typeof value === "string" ? value : String(value ?? "")}
      disabled={disabled}
      onChange={onChange}
    />
  );
}

interface SubConditionsProps {
  value: readonly SubCondition[];
  logic: Logic;
  onChange: (conditions: SubCondition[], logic: Logic) => void;
  disabled: boolean;
}

const CHOICES: Record<string, readonly string[]> = {
  type: ["image", "document", "audio", "video", "custom"],
  transfer_method: ["local_file", "remote_url", "tool_file"],
};

/** What the files of a list must be like. */
function SubConditions({ value, logic, onChange, disabled }: SubConditionsProps) {
  const { t } = useTranslation();
  const change = (at: number, next: SubCondition) => onChange([...value.slice(0, at), next, ...value.slice(at + 1)], logic);
  return (
    <div className="ms-3 flex flex-col gap-1 border-s border-line ps-2">
      {value.length > 1 && (
        <div className="self-start">
          <LogicSwitch logic={logic} disabled={disabled} onChange={(next) => onChange([...value], next)} />
        </div>
      )}
      {value.map((condition, at) => {
        const key = condition.key ?? "name";
        const operator = spelled(condition.comparison_operator ?? "");
        return (
          <div key={condition.id ?? at} className="flex min-w-0 flex-wrap items-center gap-1">
            <AttributeSelect
              value={key}
              disabled={disabled}
              onChange={(next) => {
                const first = operatorsForAttribute(next)[0] ?? "is";
                change(at, { ...condition, key: next, comparison_operator: first, value: valueFor(first, "") });
              }}
            />
            <OperatorSelect
              value={operator}
              offered={operatorsForAttribute(key)}
              disabled={disabled}
              onChange={(next) => change(at, { ...condition, comparison_operator: next, value: valueFor(next, condition.value) })}
            />
            {needsValue(operator) && (
              <AttributeValue attribute={key} operator={operator} value={condition.value ?? ""} disabled={disabled} onChange={(next) => change(at, { ...condition, value: next })} />
            )}
            {!disabled && (
              <IconButton label={t("editors.conditions.remove")} onClick={() => onChange(value.filter((_, other) => other !== at), logic)}>
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
          onClick={() => onChange([...value, { id: freshId(), key: "type", comparison_operator: "in", value: [] }], logic)}
        >
          {t("editors.conditions.addSub")}
        </Button>
      )}
    </div>
  );
}

export function AttributeSelect({ value, onChange, disabled }: { value: string; onChange: (key: string) => void; disabled: boolean }) {
  const { t } = useTranslation();
  return (
    <NativeSelect
      aria-label={t("editors.conditions.attribute")}
      value={value}
      disabled={disabled}
      onChange={(event) => onChange(event.target.value)}
      className="h-8! w-auto! text-13!"
    >
      {!FILE_ATTRIBUTES.some((each) => each.name === value) && <option value={value}>{value}</option>}
      {FILE_ATTRIBUTES.map(({ name }) => (
        <option key={name}>{name}</option>
      ))}
    </NativeSelect>
  );
}

interface AttributeValueProps {
  attribute: string;
  operator: string;
  value: ConditionValue;
  onChange: (value: ConditionValue) => void;
  disabled: boolean;
}

/** The value that an attribute of files is compared with: some of a few, or a text. */
export function AttributeValue({ attribute, operator, value, onChange, disabled }: AttributeValueProps) {
  const { t } = useTranslation();
  const choices = CHOICES[attribute];
  if (choices === undefined || !["in", "not in"].includes(operator)) {
    return <ValueField type={attribute === "size" ? "number" : "string"} operator={operator} value={value} onChange={onChange} disabled={disabled} />;
  }
  const chosen = Array.isArray(value) ? value : [];
  return (
    <div role="group" aria-label={t("editors.conditions.value")} className="flex flex-wrap gap-1">
      {choices.map((choice) => {
        const on = chosen.includes(choice);
        return (
          <button
            key={choice}
            type="button"
            aria-pressed={on}
            disabled={disabled}
            onClick={() => onChange(on ? chosen.filter((each) => each !== choice) : [...chosen, choice])}
            className={clsx("h-7 rounded-control border px-2 text-12 pointer-coarse:h-10", on ? "border-accent bg-accent-soft text-accent" : "border-line bg-raised text-muted")}
          >
            {choice}
          </button>
        );
      })}
    </div>
  );
}
