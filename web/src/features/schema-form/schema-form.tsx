import { Plus, Trash2 } from "lucide-react";
import { useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { isJsonObject, type JsonObject, type JsonValue } from "@/api/json";
import { ConditionList } from "@/features/conditions/condition-list";
import type { Condition, Logic } from "@/features/conditions/conditions";
import { CodeEditor } from "@/features/editors/code-editor";
import { CommittedInput } from "@/features/editors/committed-input";
import { JsonEditor } from "@/features/editors/json-editor";
import { JsonSchemaEditor } from "@/features/editors/json-schema-editor";
import { KeyValueTable } from "@/features/editors/key-value-table";
import { NumberSlider } from "@/features/editors/number-slider";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { SortableList } from "@/features/editors/sortable-list";
import { Switch } from "@/ui/switch";
import { LINES, TagInput } from "@/ui/tag-input";
import { ModelField } from "@/features/model-picker/model-field";
import type { VariableScope } from "@/features/variables/scope";
import { VariableField } from "@/features/variables/variable-field";
import { Button, IconButton } from "@/ui/button";
import { NativeSelect, TextInput } from "@/ui/field";
import { BasesPicker } from "./bases-picker";
import { beginning, fieldsOf, isShown, itemOf, wordsOf, type SchemaField } from "./schema";

interface SchemaFormProps {
  schema: JsonObject;
  value: JsonObject;
  /** Gets the setting that changed and its new value. */
  onChange: (name: string, value: JsonValue) => void;
  /** The schema with the definitions; the schema itself if left out. */
  root?: JsonObject;
  /** Only these settings, or all but the hidden ones. */
  only?: (name: string) => boolean;
  bodyScope?: VariableScope | undefined;
  disabled?: boolean;
  /** Where the settings are inside the whole: `retry_config.` */
  prefix?: string;
}

/** A form made of a JSON Schema and its hints: every setting has a control, and some only when others have a value. */
export function SchemaForm({ schema, value, onChange, root = schema, only, bodyScope, disabled = false, prefix = "" }: SchemaFormProps) {
  return (
    <div className="flex flex-col gap-4">
      {fieldsOf(schema, root)
        .filter((field) => field.control !== "hidden" && (only === undefined || only(field.name)) && isShown(field, value, schema))
        .map((field) => (
          <FieldOf
            key={field.name}
            field={field}
            siblings={value}
            root={root}
            value={value[field.name]}
            onChange={(next) => onChange(field.name, next)}
            onSibling={onChange}
            bodyScope={bodyScope}
            disabled={disabled}
            path={prefix + field.name}
          />
        ))}
    </div>
  );
}

interface ControlProps {
  field: SchemaField;
  root: JsonObject;
  value: JsonValue | undefined;
  onChange: (value: JsonValue) => void;
  siblings: JsonObject;
  onSibling: (name: string, value: JsonValue) => void;
  bodyScope: VariableScope | undefined;
  disabled: boolean;
  path: string;
}

/** Controls that show their label themselves. */
const LABELLED = new Set(["template", "jinja", "prompt", "code", "key-value", "group", "list", "map", "json", "switch"]);

function FieldOf(props: ControlProps) {
  const { field, path } = props;
  const label = useFieldLabel(field.name);
  const id = useId();
  const control = <Control {...props} label={label} id={id} />;
  return (
    <div data-field={path} className="flex min-w-0 flex-col gap-1">
      {!LABELLED.has(field.control) && (
        <label htmlFor={id} className="font-medium">
          {label}
          {field.required && <span className="text-danger"> *</span>}
        </label>
      )}
      {control}
    </div>
  );
}

/** What a setting is called; its own name in words, when there is no text for it. */
export function useFieldLabel(name: string): string {
  const { t } = useTranslation();
  return t(`panels.fields.${name}` as "panels.fields.model", { defaultValue: wordsOf(name) });
}

function Control({ label, id, ...props }: ControlProps & { label: string; id: string }): ReactNode {
  const { field, root, value, onChange, siblings, onSibling, bodyScope, disabled, path } = props;
  const { t } = useTranslation();
  const { schema } = field;
  const now = value ?? schema.default;
  const text = typeof now === "string" ? now : "";
  switch (field.control) {
    case "hidden":
      return null;
    case "selector":
      return (
        <VariableField
          id={id}
          label={label}
          value={strings(now)}
          accepted={field.accepts}
          scope={field.ofBody ? bodyScope : undefined}
          clearable={!field.required}
          disabled={disabled}
          onChange={(selector) => onChange(selector)}
        />
      );
    case "selectors":
      return <Selectors label={label} value={Array.isArray(now) ? now.map(strings) : []} disabled={disabled} onChange={onChange} />;
    case "template":
      return <PromptEditor id={id} label={label} value={text} disabled={disabled} onChange={onChange} minHeight={schema.rows === undefined ? 60 : 140} />;
    case "prompt":
      return <PromptEditor id={id} label={label} value={text} blocks={["context"]} disabled={disabled} onChange={onChange} />;
    case "jinja":
      return <PromptEditor id={id} label={label} value={text} jinja disabled={disabled} onChange={onChange} />;
    case "text":
      return <TextInput id={id} value={typeof now === "number" ? String(now) : text} disabled={disabled} onChange={(event) => onChange(event.target.value)} className="h-8! text-13!" />;
    case "code":
      return <CodeEditor id={id} label={label} language={siblings.code_language === "javascript" ? "javascript" : "python3"} value={text} onChange={onChange} disabled={disabled} />;
    case "key-value":
      return <KeyValueTable label={label} value={text} disabled={disabled} onChange={onChange} />;
    case "model":
      return <ModelField id={id} value={isJsonObject(now) ? (now) : undefined} disabled={disabled} onChange={(model) => onChange(model as JsonObject)} />;
    case "json-schema":
      return <JsonSchemaEditor label={label} value={isJsonObject(now) ? now : undefined} disabled={disabled} onChange={onChange} />;
    case "conditions": {
      const logic: Logic = siblings.logical_operator === "or" ? "or" : "and";
      return (
        <ConditionList
          label={label}
          conditions={(Array.isArray(now) ? now : []) as Condition[]}
          logic={logic}
          disabled={disabled}
          onChange={(conditions, next) => {
            onChange(conditions as unknown as JsonValue);
            if (next !== logic) onSibling("logical_operator", next);
          }}
        />
      );
    }
    case "value-type":
      return <Choice id={id} value={text || "any"} options={VALUE_TYPES} disabled={disabled} onChange={onChange} />;
    case "operator":
      return <Choice id={id} value={text} options={OPERATORS} disabled={disabled} onChange={onChange} />;
    case "http-method":
      return <Choice id={id} value={text.toLowerCase()} options={METHODS} disabled={disabled} onChange={onChange} />;
    case "timezone":
      return <Choice id={id} value={text} options={timeZones()} disabled={disabled} onChange={onChange} />;
    case "knowledge-bases":
      return <BasesPicker id={id} label={label} value={strings(now)} disabled={disabled} onChange={onChange} />;
    case "select":
      return <Choice id={id} value={text} options={strings(schema.enum)} disabled={disabled} onChange={onChange} nullable={field.nullable} />;
    case "switch":
      return (
        <div className="flex items-center justify-between gap-3">
          <label htmlFor={id} className="font-medium">
            {label}
          </label>
          <Switch bare id={id} label={label} checked={now === true} disabled={disabled} onChange={onChange} />
        </div>
      );
    case "number":
      return (
        <NumberSlider
          id={id}
          label={label}
          value={typeof now === "number" ? now : Number.NaN}
          min={typeof schema.minimum === "number" ? schema.minimum : undefined}
          max={typeof schema.maximum === "number" ? schema.maximum : undefined}
          step={schema.type === "integer" ? 1 : 0.01}
          disabled={disabled}
          onChange={onChange}
        />
      );
    case "tags":
      return <TagInput separator={LINES} id={id} label={label} value={strings(now)} disabled={disabled} onChange={onChange} />;
    case "choices":
      return <Choices label={label} value={strings(now)} options={strings(itemOf(schema, root).enum)} disabled={disabled} onChange={onChange} />;
    case "group":
      return (
        <fieldset className="flex min-w-0 flex-col gap-3 rounded-card border border-line p-3">
          <legend className="px-1 font-medium">{label}</legend>
          <SchemaForm
            schema={schema}
            root={root}
            value={isJsonObject(now) ? now : {}}
            bodyScope={bodyScope}
            disabled={disabled}
            prefix={`${path}.`}
            onChange={(name, next) => onChange({ ...(isJsonObject(now) ? now : {}), [name]: next })}
          />
        </fieldset>
      );
    case "list":
      return <ObjectList {...props} label={label} items={Array.isArray(now) ? now.filter(isJsonObject) : []} />;
    case "map":
      return <ObjectMap {...props} label={label} entries={isJsonObject(now) ? now : {}} />;
    case "model-parameters":
    case "json":
      return <JsonEditor id={id} label={label} value={now ?? undefined} disabled={disabled} onChange={(next) => onChange(next ?? null)} minHeight={60} placeholder={t("panels.jsonHint")} />;
  }
}

function strings(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

interface ChoiceProps {
  id: string;
  value: string;
  options: readonly string[];
  onChange: (value: JsonValue) => void;
  disabled: boolean;
  nullable?: boolean;
}

function Choice({ id, value, options, onChange, disabled, nullable = false }: ChoiceProps) {
  const { t } = useTranslation();
  const shown = options.includes(value) || value === "" ? options : [value, ...options];
  return (
    <NativeSelect id={id} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)} className="h-8! text-13!">
      {(nullable || value === "") && <option value="">{t("panels.notSet")}</option>}
      {shown.map((option) => (
        <option key={option} value={option}>
          {t(`panels.options.${option}` as "panels.options.user", { defaultValue: option })}
        </option>
      ))}
    </NativeSelect>
  );
}

interface ChoicesProps {
  label: string;
  value: readonly string[];
  options: readonly string[];
  onChange: (value: string[]) => void;
  disabled: boolean;
}

function Choices({ label, value, options, onChange, disabled }: ChoicesProps) {
  const { t } = useTranslation();
  return (
    <div role="group" aria-label={label} className="flex flex-wrap gap-x-4 gap-y-1">
      {options.map((option) => (
        <label key={option} className="flex min-h-7 items-center gap-1.5">
          <input
            type="checkbox"
            checked={value.includes(option)}
            disabled={disabled}
            onChange={(event) => onChange(event.target.checked ? options.filter((each) => each === option || value.includes(each)) : value.filter((each) => each !== option))}
          />
          {t(`panels.options.${option}` as "panels.options.user", { defaultValue: option })}
        </label>
      ))}
    </div>
  );
}

interface SelectorsProps {
  label: string;
  value: string[][];
  onChange: (value: JsonValue) => void;
  disabled: boolean;
}

function Selectors({ label, value, onChange, disabled }: SelectorsProps) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-1">
      {value.map((selector, at) => (
        <div key={at} className="flex items-center gap-1">
          <VariableField
            label={t("panels.itemOf", { label, number: at + 1 })}
            value={selector}
            disabled={disabled}
            onChange={(next) => onChange([...value.slice(0, at), next, ...value.slice(at + 1)])}
          />
          {!disabled && (
            <IconButton label={t("panels.removeItem", { name: at + 1 })} onClick={() => onChange(value.filter((_, other) => other !== at))}>
              <Trash2 size={14} strokeWidth={1.5} />
            </IconButton>
          )}
        </div>
      ))}
      {!disabled && <VariableField label={t("panels.addTo", { label })} value={undefined} onChange={(next) => onChange([...value, next])} />}
    </div>
  );
}

function ObjectList({ label, items, field, root, onChange, bodyScope, disabled, path }: ControlProps & { label: string; items: JsonObject[] }) {
  const { t } = useTranslation();
  const item = itemOf(field.schema, root);
  return (
    <div className="flex flex-col gap-2">
      <span className="font-medium">{label}</span>
      <SortableList
        items={items}
        disabled={disabled}
        onChange={onChange}
        nameOf={(each, at) => nameOf(each) || String(at + 1)}
        render={(each, at, handle) => (
          <div className="flex items-start gap-1 rounded-card border border-line p-2">
            {handle}
            <div className="min-w-0 flex-1">
              <SchemaForm
                schema={item}
                root={root}
                value={each}
                bodyScope={bodyScope}
                disabled={disabled}
                prefix={`${path}.${String(at)}.`}
                onChange={(name, next) => onChange(items.map((other, position) => (position === at ? { ...other, [name]: next } : other)))}
              />
            </div>
            {!disabled && (
              <IconButton label={t("panels.removeItem", { name: nameOf(each) || at + 1 })} onClick={() => onChange(items.filter((_, other) => other !== at))}>
                <Trash2 size={14} strokeWidth={1.5} />
              </IconButton>
            )}
          </div>
        )}
      />
      {!disabled && (
        <Button variant="quiet" size="small" className="self-start" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => onChange([...items, beginning(item, root)])}>
          {t("panels.addTo", { label })}
        </Button>
      )}
    </div>
  );
}

function nameOf(item: JsonObject): string {
  for (const key of ["title", "label", "name", "variable", "output_variable_name", "id"]) {
    if (typeof item[key] === "string" && item[key] !== "") return item[key];
  }
  return "";
}

function ObjectMap({ label, entries, field, root, onChange, bodyScope, disabled, path }: ControlProps & { label: string; entries: JsonObject }) {
  const { t } = useTranslation();
  const item = itemOf(field.schema, root);
  const names = Object.keys(entries);
  const renamed = (from: string, to: string) => Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name === from ? to : name, entry]));
  return (
    <div className="flex flex-col gap-2">
      <span className="font-medium">{label}</span>
      {names.map((name) => (
        <div key={name} className="flex items-start gap-1 rounded-card border border-line p-2">
          <div className="flex min-w-0 flex-1 flex-col gap-2">
            <CommittedInput
              label={t("panels.nameOf", { label })}
              value={name}
              disabled={disabled}
              check={(next) => (next === "" || (next !== name && names.includes(next)) ? t("editors.name.duplicate") : null)}
              onCommit={(next) => onChange(renamed(name, next))}
            />
            <SchemaForm
              schema={item}
              root={root}
              value={isJsonObject(entries[name]) ? entries[name] : {}}
              bodyScope={bodyScope}
              disabled={disabled}
              prefix={`${path}.${name}.`}
              onChange={(key, next) => onChange({ ...entries, [name]: { ...(isJsonObject(entries[name]) ? entries[name] : {}), [key]: next } })}
            />
          </div>
          {!disabled && (
            <IconButton label={t("panels.removeItem", { name })} onClick={() => onChange(Object.fromEntries(Object.entries(entries).filter(([key]) => key !== name)))}>
              <Trash2 size={14} strokeWidth={1.5} />
            </IconButton>
          )}
        </div>
      ))}
      {!disabled && (
        <Button
          variant="quiet"
          size="small"
          className="self-start"
          icon={<Plus size={14} strokeWidth={1.5} />}
          onClick={() => onChange({ ...entries, [free("value", names)]: beginning(item, root) })}
        >
          {t("panels.addTo", { label })}
        </Button>
      )}
    </div>
  );
}

function free(wish: string, taken: readonly string[]): string {
  let name = wish;
  for (let number = 2; taken.includes(name); number++) name = `${wish}_${String(number)}`;
  return name;
}

export const VALUE_TYPES: readonly string[] = [
  "any", "string", "number", "boolean", "object", "file", "array[string]", "array[number]", "array[boolean]", "array[object]", "array[file]",
]; // prettier-ignore
const OPERATORS: readonly string[] = [
  "contains", "not contains", "start with", "end with", "is", "is not", "empty", "not empty", "in", "not in", "=", "≠", ">", "<", "≥", "≤",
]; // prettier-ignore
const METHODS: readonly string[] = ["get", "post", "put", "patch", "delete", "head", "options"];

/** Every time zone that the browser knows, UTC first. */
export function timeZones(): readonly string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}
