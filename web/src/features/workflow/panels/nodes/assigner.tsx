import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { jsonText, parseJson, type JsonValue } from "@/api/json";
import { JsonEditor } from "@/features/editors/json-editor";
import { NumberSlider } from "@/features/editors/number-slider";
import { SortableList } from "@/features/editors/sortable-list";
import type { VariableScope } from "@/features/variables/scope";
import { useScope } from "@/features/variables/scope-context";
import { itemType, type ValueType } from "@/features/variables/types";
import { VariableField } from "@/features/variables/variable-field";
import { Button, IconButton } from "@/ui/button";
import { NativeSelect, TextArea } from "@/ui/field";
import { isJsonObject } from "@/api/json";
import type { Selector } from "../../graph/types";
import { usePanel } from "../panel-context";
import { Row, Section } from "../section";
import { inputKind, needsSource, operationsFor, type Operation } from "./operations";
import { withItem, withoutItem } from "./shared";

interface Assignment {
  variable_selector?: Selector;
  input_type?: string;
  operation?: Operation;
  value?: JsonValue;
}

interface AssignerData {
  version: string;
  items: Assignment[];
  assigned_variable_selector: Selector;
  write_mode: "over-write" | "append" | "clear";
  input_variable_selector: Selector;
}

/** Only variables of the conversation and of the loops around can be written. */
function writable(scope: VariableScope): VariableScope {
  return { ...scope, groups: scope.groups.filter((group) => group.id === "conversation" || group.nodeType === "loop") };
}

export default function AssignerPanel() {
  const { data } = usePanel<AssignerData>();
  return data.version === "2" || data.items !== undefined ? <Second /> : <First />;
}

/** The older form: one write. It runs as it is; a click takes it over into the newer one. */
function First() {
  const { t } = useTranslation();
  const { data, set, update, disabled } = usePanel<AssignerData>();
  const scope = useScope();
  const mode = data.write_mode ?? "over-write";
  return (
    <Section
      title={t("panels.assigner.title")}
      aside={
        disabled ? null : (
          <Button
            size="small"
            variant="quiet"
            onClick={() =>
              update((draft) => {
                draft.items = [
                  { variable_selector: draft.assigned_variable_selector ?? [], operation: mode, input_type: "variable", value: mode === "clear" ? "" : (draft.input_variable_selector ?? []) },
                ];
                draft.version = "2";
                delete draft.assigned_variable_selector;
                delete draft.write_mode;
                delete draft.input_variable_selector;
              })
            }
          >
            {t("panels.assigner.upgrade")}
          </Button>
        )
      }
    >
      <VariableField
        label={t("panels.assigner.target")}
        value={data.assigned_variable_selector}
        scope={writable(scope)}
        disabled={disabled}
        onChange={(assigned_variable_selector) => set({ assigned_variable_selector })}
      />
      <Row label={t("panels.assigner.operation")}>
        <NativeSelect
          aria-label={t("panels.assigner.operation")}
          value={mode}
          disabled={disabled}
          onChange={(event) => set({ write_mode: event.target.value as AssignerData["write_mode"] })}
          className="h-8! w-44! text-13!"
        >
          {(["over-write", "append", "clear"] as const).map((each) => (
            <option key={each} value={each}>
              {t(`panels.operations.${each}`)}
            </option>
          ))}
        </NativeSelect>
      </Row>
      {mode !== "clear" && (
        <VariableField label={t("panels.assigner.source")} value={data.input_variable_selector} disabled={disabled} onChange={(input_variable_selector) => set({ input_variable_selector })} />
      )}
    </Section>
  );
}

function Second() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<AssignerData>();
  const scope = useScope();
  const items = data.items ?? [];
  return (
    <Section title={t("panels.assigner.title")} hint={t("panels.assigner.hint")} required>
      <SortableList
        items={items}
        disabled={disabled}
        nameOf={(item, at) => item.variable_selector?.join(".") ?? String(at + 1)}
        onChange={(sorted) => set({ items: sorted })}
        render={(item, at, handle) => (
          <ItemRow
            item={item}
            handle={handle}
            scope={scope}
            disabled={disabled}
            onChange={(next) => set({ items: withItem(items, at, next) })}
            onRemove={() => set({ items: withoutItem(items, at) })}
          />
        )}
      />
      {!disabled && (
        <Button
          variant="quiet"
          size="small"
          className="self-start"
          icon={<Plus size={14} strokeWidth={1.5} />}
          onClick={() => set({ version: "2", items: [...items, { variable_selector: [], operation: "over-write", input_type: "variable", value: [] }] })}
        >
          {t("panels.assigner.add")}
        </Button>
      )}
    </Section>
  );
}

interface ItemRowProps {
  item: Assignment;
  handle: React.ReactNode;
  scope: VariableScope;
  onChange: (item: Assignment) => void;
  onRemove: () => void;
  disabled: boolean;
}

function ItemRow({ item, handle, scope, onChange, onRemove, disabled }: ItemRowProps) {
  const { t } = useTranslation();
  const target = item.variable_selector ?? [];
  const type = target.length === 0 ? "any" : scope.resolve(target).type;
  const operation = item.operation ?? "over-write";
  const offered = operationsFor(type);
  const withOperation = (next: Operation, base: Assignment): Assignment => {
    const kind = inputKind(next);
    const same = kind === base.input_type && needsSource(base.operation ?? "") === needsSource(next);
    const value: JsonValue = same ? (base.value ?? null) : needsSource(next) ? (kind === "variable" ? [] : type === "number" ? 0 : "") : "";
    return { ...base, operation: next, input_type: needsSource(next) ? kind : "variable", value };
  };
  return (
    <div className="flex flex-col gap-1 rounded-control bg-sunken/60 p-1.5">
      <div className="flex min-w-0 flex-wrap items-center gap-1">
        {handle}
        <div className="flex min-w-40 flex-1">
          <VariableField
            label={t("panels.assigner.target")}
            value={target}
            scope={writable(scope)}
            disabled={disabled}
            onChange={(variable_selector, next) => {
              const allowed = operationsFor(next);
              onChange(withOperation(allowed.includes(operation) ? operation : "over-write", { ...item, variable_selector }));
            }}
          />
        </div>
        <NativeSelect
          aria-label={t("panels.assigner.operation")}
          value={operation}
          disabled={disabled}
          onChange={(event) => onChange(withOperation(event.target.value as Operation, item))}
          className="h-8! w-36! text-13!"
        >
          {(offered.includes(operation) ? offered : [operation, ...offered]).map((each) => (
            <option key={each} value={each}>
              {t(`panels.operations.${each}`)}
            </option>
          ))}
        </NativeSelect>
        {!disabled && (
          <IconButton label={t("panels.removeItem", { name: target.join(".") })} onClick={onRemove}>
            <Trash2 size={14} strokeWidth={1.5} />
          </IconButton>
        )}
      </div>
      {needsSource(operation) &&
        (item.input_type === "constant" ? (
          <Constant type={type} value={item.value ?? null} disabled={disabled} onChange={(value) => onChange({ ...item, value })} />
        ) : (
          <VariableField
            label={t("panels.assigner.source")}
            value={Array.isArray(item.value) ? item.value.map(String) : []}
            accepted={type === "any" ? undefined : operation === "append" ? [itemType(type)] : [type]}
            disabled={disabled}
            onChange={(value) => onChange({ ...item, input_type: "variable", value })}
          />
        ))}
    </div>
  );
}

function Constant({ type, value, onChange, disabled }: { type: ValueType; value: JsonValue; onChange: (value: JsonValue) => void; disabled: boolean }) {
  const { t } = useTranslation();
  const label = t("panels.assigner.value");
  if (type === "number") return <NumberSlider label={label} value={Number(value)} step={0.01} disabled={disabled} onChange={onChange} />;
  if (type === "boolean") {
    return (
      <NativeSelect aria-label={label} value={String(value === true)} disabled={disabled} onChange={(event) => onChange(event.target.value === "true")} className="h-8! text-13!">
        <option>true</option>
        <option>false</option>
      </NativeSelect>
    );
  }
  if (type === "object") {
    return (
      <JsonEditor
        label={label}
        value={typeof value === "string" ? parseJson(value) : (value ?? undefined)}
        disabled={disabled}
        minHeight={60}
        check={(json) => (isJsonObject(json) ? null : t("editors.schema.noObject"))}
        onChange={(json) => onChange(json ?? {})}
      />
    );
  }
  return <TextArea aria-label={label} value={jsonText(value)} disabled={disabled} onChange={(event) => onChange(event.target.value)} className="min-h-9! text-13!" />;
}
