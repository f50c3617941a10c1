import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { AttributeSelect, AttributeValue, OperatorSelect } from "@/features/conditions/condition-list";
import type { ConditionValue } from "@/features/conditions/conditions";
import { needsValue, operatorsForItems } from "@/features/conditions/operators";
import { NumberSlider } from "@/features/editors/number-slider";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { Segmented } from "@/ui/segmented";
import { Switch } from "@/ui/switch";
import { useScope } from "@/features/variables/scope-context";
import { itemType, type ValueType } from "@/features/variables/types";
import { VariableField } from "@/features/variables/variable-field";
import { Button, IconButton } from "@/ui/button";
import type { Selector } from "../../graph/types";
import { usePanel } from "../panel-context";
import { Section } from "../section";
import { withItem, withoutItem } from "./shared";
import { NativeSelect } from "@/ui/field";

interface FilterCondition {
  key?: string;
  comparison_operator?: string;
  value?: ConditionValue;
}

interface ListData {
  variable: Selector;
  filter_by: { enabled?: boolean; conditions?: FilterCondition[] };
  extract_by: { enabled?: boolean; serial?: string };
  order_by: { enabled?: boolean; key?: string | string[]; value?: string };
  limit: { enabled?: boolean; size?: number };
  var_type: string;
  item_var_type: string;
}

const ACCEPTED = ["array[string]", "array[number]", "array[boolean]", "array[file]"];

export default function ListOperatorPanel() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<ListData>();
  const scope = useScope();
  const list = data.variable ?? [];
  const resolved = list.length === 0 ? "any" : scope.resolve(list).type;
  const item: ValueType = resolved === "any" ? (data.item_var_type ?? "string") : itemType(resolved);
  const filter = data.filter_by ?? {};
  const extract = data.extract_by ?? {};
  const order = data.order_by ?? {};
  const limit = data.limit ?? {};
  const conditions = filter.conditions ?? [];
  const orderKey = (Array.isArray(order.key) ? order.key.at(-1) : order.key) ?? "";
  const begin = (): FilterCondition => ({
    key: item === "file" ? "name" : "",
    comparison_operator: operatorsForItems(item, "name")[0] ?? "contains",
    value: item === "boolean" ? true : "",
  });
  return (
    <>
      <Section title={t("panels.list.list")} required>
        <VariableField
          label={t("panels.list.list")}
          value={data.variable}
          accepted={ACCEPTED}
          disabled={disabled}
          onChange={(variable, type) => set({ variable, var_type: type, item_var_type: itemType(type) })}
        />
      </Section>
      <Section
        title={t("panels.list.filter")}
        aside={
          <Switch bare
            label={t("panels.list.filter")}
            checked={filter.enabled === true}
            disabled={disabled}
            onChange={(enabled) => set({ filter_by: { enabled, conditions: conditions.length > 0 ? conditions : [begin()] } })}
          />
        }
      >
        {filter.enabled === true && (
          <>
            {conditions.map((condition, at) => (
              <FilterRow
                key={at}
                condition={condition}
                item={item}
                disabled={disabled}
                onChange={(next) => set({ filter_by: { ...filter, conditions: withItem(conditions, at, next) } })}
                onRemove={() => set({ filter_by: { ...filter, conditions: withoutItem(conditions, at) } })}
              />
            ))}
            {!disabled && (
              <Button
                variant="quiet"
                size="small"
                className="self-start"
                icon={<Plus size={14} strokeWidth={1.5} />}
                onClick={() => set({ filter_by: { ...filter, conditions: [...conditions, begin()] } })}
              >
                {t("editors.conditions.add")}
              </Button>
            )}
          </>
        )}
      </Section>
      <Section
        title={t("panels.list.extract")}
        hint={t("panels.list.extractHint")}
        aside={
          <Switch bare label={t("panels.list.extract")} checked={extract.enabled === true} disabled={disabled} onChange={(enabled) => set({ extract_by: { serial: "1", ...extract, enabled } })} />
        }
      >
        {extract.enabled === true && (
          <PromptEditor kind="line" label={t("panels.list.extract")} value={extract.serial ?? ""} disabled={disabled} onChange={(serial) => set({ extract_by: { ...extract, serial } })} />
        )}
      </Section>
      <Section
        title={t("panels.list.order")}
        aside={<Switch bare label={t("panels.list.order")} checked={order.enabled === true} disabled={disabled} onChange={(enabled) => set({ order_by: { value: "asc", ...order, key: orderKey || (item === "file" ? "name" : ""), enabled } })} />}
      >
        {order.enabled === true && (
          <div className="flex flex-wrap gap-2">
            {item === "file" && <AttributeSelect value={orderKey} disabled={disabled} onChange={(key) => set({ order_by: { ...order, key } })} />}
            <Segmented
              label={t("panels.list.order")}
              value={order.value === "desc" ? "desc" : "asc"}
              disabled={disabled}
              onChange={(value) => set({ order_by: { ...order, value } })}
              options={[
                { value: "asc", label: t("panels.list.asc") },
                { value: "desc", label: t("panels.list.desc") },
              ]}
            />
          </div>
        )}
      </Section>
      <Section
        title={t("panels.list.limit")}
        aside={<Switch bare label={t("panels.list.limit")} checked={limit.enabled === true} disabled={disabled} onChange={(enabled) => set({ limit: { ...limit, size: (limit.size ?? 0) > 0 ? (limit.size ?? 10) : 10, enabled } })} />}
      >
        {limit.enabled === true && (
          <NumberSlider label={t("panels.list.limit")} value={limit.size ?? 10} min={1} max={20} disabled={disabled} onChange={(size) => set({ limit: { ...limit, size: Math.round(size) } })} />
        )}
      </Section>
    </>
  );
}

interface FilterRowProps {
  condition: FilterCondition;
  item: ValueType;
  onChange: (condition: FilterCondition) => void;
  onRemove: () => void;
  disabled: boolean;
}

function FilterRow({ condition, item, onChange, onRemove, disabled }: FilterRowProps) {
  const { t } = useTranslation();
  const key = condition.key ?? "";
  const operator = condition.comparison_operator ?? "";
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-1 rounded-control bg-sunken/60 p-1.5">
      {item === "file" && (
        <AttributeSelect
          value={key}
          disabled={disabled}
          onChange={(next) => {
            const first = operatorsForItems(item, next)[0] ?? "is";
            onChange({ key: next, comparison_operator: first, value: first === "in" ? [] : "" });
          }}
        />
      )}
      <OperatorSelect value={operator} offered={operatorsForItems(item, key)} disabled={disabled} onChange={(next) => onChange({ ...condition, comparison_operator: next })} />
      {needsValue(operator) && (
        <div className="flex min-w-32 flex-1">
          {item === "boolean" ? (
            <NativeSelect aria-label={t("editors.conditions.value")} value={String(condition.value !== false)} disabled={disabled} onChange={(event) => onChange({ ...condition, value: event.target.value === "true" })} className="h-8! text-13!">
              <option>true</option>
              <option>false</option>
            </NativeSelect>
          ) : item === "file" ? (
            <AttributeValue attribute={key} operator={operator} value={condition.value ?? ""} disabled={disabled} onChange={(value) => onChange({ ...condition, value })} />
          ) : (
            <PromptEditor kind="line" label={t("editors.conditions.value")} value={typeof condition.value === "string" ? condition.value : String(condition.value ?? "")} disabled={disabled} onChange={(value) => onChange({ ...condition, value })} />
          )}
        </div>
      )}
      {!disabled && (
        <IconButton label={t("editors.conditions.remove")} onClick={onRemove}>
          <Trash2 size={14} strokeWidth={1.5} />
        </IconButton>
      )}
    </div>
  );
}
