import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { jsonText, parseJson, type JsonValue } from "@/api/json";
import { ConditionList } from "@/features/conditions/condition-list";
import { freshId, type Condition, type Logic } from "@/features/conditions/conditions";
import { CommittedInput } from "@/features/editors/committed-input";
import { JsonEditor } from "@/features/editors/json-editor";
import { NumberSlider } from "@/features/editors/number-slider";
import { Segmented } from "@/ui/segmented";
import { SortableList } from "@/features/editors/sortable-list";
import { ScopeContext, useScope, useScopeOf } from "@/features/variables/scope-context";
import type { VariableScope } from "@/features/variables/scope";
import { nameProblem } from "@/features/variables/tokens";
import { VariableField } from "@/features/variables/variable-field";
import { Button, IconButton } from "@/ui/button";
import { NativeSelect, TextInput } from "@/ui/field";
import { usePanel } from "../panel-context";
import { Section } from "../section";
import { useRemoveOutput, useRenameOutput } from "../use-outputs";
import { freeName, withItem, withoutItem } from "./shared";

interface LoopVariable {
  id?: string;
  label: string;
  var_type?: string;
  value_type?: string;
  value?: JsonValue;
}

interface LoopData {
  loop_count: number;
  loop_variables: LoopVariable[] | null;
  break_conditions: Condition[];
  logical_operator: Logic;
}

const TYPES = ["string", "number", "boolean", "object", "array[string]", "array[number]", "array[boolean]", "array[object]"] as const;

export default function LoopPanel() {
  const { t } = useTranslation();
  const { nodeId, data, set, disabled } = usePanel<LoopData>();
  const rename = useRenameOutput<LoopData>(nodeId);
  const { remove, dialog } = useRemoveOutput(nodeId);
  const outer = useScope();
  const body = useScopeOf(nodeId, true);
  const variables = data.loop_variables ?? [];
  const names = variables.map((each) => each.label);
  // Its conditions may look at what the steps inside give; what its variables begin with may not.
  const inside: VariableScope = { groups: [...outer.groups.filter((group) => group.id === nodeId), ...body.groups, ...outer.groups.filter((group) => group.id !== nodeId)], resolve: (selector) => {
    const found = body.resolve(selector);
    return found.state === "ok" ? found : outer.resolve(selector);
  } };
  const before: VariableScope = { ...outer, groups: outer.groups.filter((group) => group.id !== nodeId) };
  return (
    <>
      <Section title={t("panels.loop.variables")} hint={t("panels.loop.variablesHint")}>
        <SortableList
          items={variables}
          disabled={disabled}
          nameOf={(each) => each.label}
          onChange={(sorted) => set({ loop_variables: sorted })}
          render={(variable, at, handle) => (
            <div className="flex flex-col gap-1 rounded-control bg-sunken/60 p-1.5">
              <div className="flex items-start gap-1">
                {handle}
                <CommittedInput
                  label={t("panels.loop.name")}
                  value={variable.label}
                  disabled={disabled}
                  check={(name) => {
                    const problem = nameProblem(name, names.filter((_, other) => other !== at));
                    return problem === null ? null : t(`editors.name.${problem}`);
                  }}
                  onCommit={(label) =>
                    rename(variable.label, label, (draft) => {
                      const renamed = draft.loop_variables?.[at];
                      if (renamed !== undefined) renamed.label = label;
                    })
                  }
                  className="min-w-0 flex-1 font-mono"
                />
                <NativeSelect
                  aria-label={t("editors.schema.typeOf", { name: variable.label })}
                  value={variable.var_type ?? "string"}
                  disabled={disabled}
                  onChange={(event) => set({ loop_variables: withItem(variables, at, { ...variable, var_type: event.target.value, value: variable.value_type === "variable" ? [] : null }) })}
                  className="h-8! w-32! text-13!"
                >
                  {TYPES.map((type) => (
                    <option key={type}>{type}</option>
                  ))}
                </NativeSelect>
                {!disabled && (
                  <IconButton label={t("panels.removeItem", { name: variable.label })} onClick={() => remove([variable.label], () => set({ loop_variables: withoutItem(variables, at) }))}>
                    <Trash2 size={14} strokeWidth={1.5} />
                  </IconButton>
                )}
              </div>
              <Beginning variable={variable} scope={before} disabled={disabled} onChange={(part) => set({ loop_variables: withItem(variables, at, { ...variable, ...part }) })} />
            </div>
          )}
        />
        {!disabled && (
          <Button
            variant="quiet"
            size="small"
            className="self-start"
            icon={<Plus size={14} strokeWidth={1.5} />}
            onClick={() => set({ loop_variables: [...variables, { id: freshId(), label: freeName("value", names), var_type: "string", value_type: "constant", value: "" }] })}
          >
            {t("panels.loop.add")}
          </Button>
        )}
      </Section>
      <Section title={t("panels.loop.break")} hint={t("panels.loop.breakHint")}>
        <ScopeContext value={inside}>
          <ConditionList
            label={t("panels.loop.break")}
            conditions={data.break_conditions ?? []}
            logic={data.logical_operator ?? "and"}
            disabled={disabled}
            onChange={(break_conditions, logical_operator) => set({ break_conditions, logical_operator })}
          />
        </ScopeContext>
      </Section>
      <Section title={t("panels.loop.count")} hint={t("panels.loop.countHint")} required>
        <NumberSlider
          label={t("panels.loop.count")}
          value={data.loop_count ?? 10}
          min={1}
          max={100}
          disabled={disabled}
          onChange={(count) => set({ loop_count: Math.min(100, Math.max(1, Math.round(count))) })}
        />
      </Section>
      {dialog}
    </>
  );
}

interface BeginningProps {
  variable: LoopVariable;
  scope: VariableScope;
  onChange: (part: Partial<LoopVariable>) => void;
  disabled: boolean;
}

/** What a variable of the loop holds before the first round. */
function Beginning({ variable, scope, onChange, disabled }: BeginningProps) {
  const { t } = useTranslation();
  const type = variable.var_type ?? "string";
  const label = t("panels.loop.beginning", { name: variable.label });
  const constant = variable.value_type !== "variable";
  const text = jsonText(variable.value);
  return (
    <div className="flex min-w-0 flex-wrap items-start gap-1">
      <Segmented
        label={t("panels.loop.from", { name: variable.label })}
        value={constant ? "constant" : "variable"}
        disabled={disabled}
        onChange={(value_type) => onChange({ value_type, value: value_type === "variable" ? [] : null })}
        options={[
          { value: "constant", label: t("panels.constant") },
          { value: "variable", label: t("panels.variable") },
        ]}
      />
      <div className="flex min-w-40 flex-1 flex-col">
        {!constant ? (
          <VariableField label={label} value={Array.isArray(variable.value) ? variable.value.map(String) : []} accepted={[type]} scope={scope} disabled={disabled} onChange={(value) => onChange({ value })} />
        ) : type === "string" ? (
          <TextInput aria-label={label} value={text} disabled={disabled} onChange={(event) => onChange({ value: event.target.value })} className="h-8! text-13!" />
        ) : type === "number" ? (
          <NumberSlider label={label} value={text === "" ? Number.NaN : Number(text)} step={0.01} disabled={disabled} onChange={(value) => onChange({ value })} />
        ) : type === "boolean" ? (
          <NativeSelect aria-label={label} value={text} disabled={disabled} onChange={(event) => onChange({ value: event.target.value === "true" })} className="h-8! text-13!">
            <option value="false">false</option>
            <option value="true">true</option>
          </NativeSelect>
        ) : (
          <JsonEditor
            label={label}
            minHeight={40}
            value={typeof variable.value === "string" ? parseJson(variable.value) : (variable.value ?? undefined)}
            disabled={disabled}
            // Files keep them as JSON text.
            onChange={(value) => onChange({ value: value === undefined ? null : JSON.stringify(value) })}
          />
        )}
      </div>
    </div>
  );
}
