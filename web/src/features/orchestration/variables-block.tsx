import { Plus, Trash2 } from "lucide-react";
import { useId, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { FieldType } from "@/api/webapp-types";
import { CommittedInput } from "@/features/editors/committed-input";
import { SortableList } from "@/features/editors/sortable-list";
import { ExtensionPicker } from "@/features/extensions/extension-picker";
import { Button, IconButton } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { Menu, MenuItem } from "@/ui/menu";
import { NumberInput } from "@/ui/number-input";
import { Select } from "@/ui/select";
import { Switch } from "@/ui/switch";
import { LINES, TagInput } from "@/ui/tag-input";
import { Block, OpeningRow } from "./block";
import { textIn, type BlockProps } from "./configuration";
import { freeName, isUsed, LABEL_LIMIT, nameFault, newFetched, newVariable, variablesIn, withRenamed, withVariable, withVariables, type Variable } from "./variables";

const TYPES: readonly FieldType[] = ["text-input", "paragraph", "select", "number", "checkbox"];
const LENGTHS: Partial<Record<FieldType, number>> = { "text-input": 256, paragraph: 100_000 };

/** What people fill in before they begin, and what is fetched for them. */
export function VariablesBlock({ configuration, change, disabled }: BlockProps) {
  const { t } = useTranslation();
  const variables = variablesIn(configuration);
  const set = (next: readonly Variable[]) => change((before) => withVariables(before, next));
  const add = (make: (name: string) => Variable) => change((before) => withVariable(before, make(freeName(variablesIn(before), ""))));
  return (
    <Block
      title={t("orchestration.variables")}
      hint={t("orchestration.variablesHint")}
      aside={
        !disabled && (
          <Menu
            trigger={
              <Button size="small" variant="quiet" icon={<Plus size={14} strokeWidth={1.5} />}>
                {t("orchestration.addVariable")}
              </Button>
            }
          >
            <MenuItem onSelect={() => add(newVariable)}>{t("orchestration.newVariable")}</MenuItem>
            <MenuItem onSelect={() => add(newFetched)}>{t("orchestration.newFetched")}</MenuItem>
          </Menu>
        )
      }
    >
      <SortableList
        items={variables}
        disabled={disabled}
        nameOf={(variable) => variable.label}
        onChange={set}
        render={(variable, at, handle) => (
          <VariableRow
            variable={variable}
            others={variables.filter((_, index) => index !== at).map((each) => each.variable)}
            used={isUsed(configuration, variable.variable)}
            handle={handle}
            disabled={disabled}
            onChange={(next) => set(variables.with(at, next))}
            onRename={(name) => change((before) => withRenamed(before, variable.variable, name))}
            onRemove={() => set(variables.filter((_, index) => index !== at))}
          />
        )}
      />
    </Block>
  );
}

interface VariableRowProps {
  variable: Variable;
  others: readonly string[];
  used: boolean;
  handle: ReactNode;
  disabled: boolean;
  onChange: (variable: Variable) => void;
  onRename: (name: string) => void;
  onRemove: () => void;
}

function VariableRow({ variable, others, used, handle, disabled, onChange, onRename, onRemove }: VariableRowProps) {
  const { t } = useTranslation();
  const id = useId();
  const fault = (name: string) => {
    const found = nameFault(name, others);
    if (found === null) return null;
    return found === "reserved" ? t("orchestration.reserved") : t(`editors.name.${found}`);
  };
  return (
    <OpeningRow
      before={handle}
      name={
        <>
          <span className="truncate font-mono text-12">{variable.variable}</span>
          {variable.label !== variable.variable && <span className="min-w-0 truncate text-muted">{variable.label}</span>}
          <span className="ms-auto shrink-0 text-12 text-muted">
            {!used && <span className="text-warn">{t("orchestration.unused")} · </span>}
            {t(`orchestration.types.${variable.type as "number"}`)}
          </span>
        </>
      }
      after={
        !disabled && (
          <IconButton label={t("orchestration.removeVariable", { name: variable.variable })} onClick={onRemove}>
            <Trash2 size={16} strokeWidth={1.5} />
          </IconButton>
        )
      }
    >
      <div className="grid gap-3 sm:grid-cols-2">
        <Field id={`${id}-name`} label={t("orchestration.name")}>
          <CommittedInput id={`${id}-name`} label={t("orchestration.name")} value={variable.variable} check={fault} disabled={disabled} className="font-mono" onCommit={onRename} />
        </Field>
        <Field id={`${id}-label`} label={t("orchestration.label")}>
          <TextInput
            {...fieldProps(`${id}-label`, undefined)}
            maxLength={LABEL_LIMIT}
            value={variable.label}
            onChange={(event) => onChange({ ...variable, label: event.target.value })}
          />
        </Field>
      </div>
      {variable.tool === undefined ? (
        <AskedFields variable={variable} disabled={disabled} onChange={onChange} />
      ) : (
        <FetchedFields variable={variable} tool={variable.tool} disabled={disabled} onChange={onChange} />
      )}
    </OpeningRow>
  );
}

interface FieldsProps {
  variable: Variable;
  disabled: boolean;
  onChange: (variable: Variable) => void;
}

function AskedFields({ variable, disabled, onChange }: FieldsProps) {
  const { t } = useTranslation();
  const id = useId();
  const longest = LENGTHS[variable.type];
  const initial = typeof variable.default === "string" || typeof variable.default === "number" ? String(variable.default) : "";
  const retyped = (type: FieldType): Variable => ({ ...variable, type, default: null, ...(type === "select" ? { options: variable.options ?? [] } : {}) });
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-2">
        <Field id={`${id}-type`} label={t("orchestration.type")}>
          <Select
            id={`${id}-type`}
            value={variable.type}
            disabled={disabled}
            onChange={(type) => onChange(retyped(type))}
            options={TYPES.map((type) => ({ value: type, label: t(`orchestration.types.${type as "number"}`) }))}
          />
        </Field>
        {longest !== undefined && (
          <Field id={`${id}-length`} label={t("orchestration.maxLength")} optional={variable.type === "paragraph"}>
            <NumberInput
              id={`${id}-length`}
              value={variable.max_length ?? null}
              min={1}
              max={longest}
              onChange={(length) => onChange({ ...variable, max_length: length ?? (variable.type === "paragraph" ? null : 48) })}
            />
          </Field>
        )}
      </div>
      {variable.type === "select" && (
        <Field id={`${id}-options`} label={t("orchestration.options")} {...(variable.options?.length === 0 ? { error: t("orchestration.noOptions") } : {})}>
          <TagInput separator={LINES} id={`${id}-options`} label={t("orchestration.options")} value={variable.options ?? []} disabled={disabled} onChange={(options) => onChange({ ...variable, options: [...options] })} />
        </Field>
      )}
      {variable.type !== "checkbox" && (
        <Field id={`${id}-default`} label={t("orchestration.default")} optional>
          {variable.type === "select" ? (
            <Select
              id={`${id}-default`}
              value={initial}
              disabled={disabled}
              placeholder={t("orchestration.noDefault")}
              onChange={(value) => onChange({ ...variable, default: value })}
              options={(variable.options ?? []).map((option) => ({ value: option, label: option }))}
            />
          ) : variable.type === "number" ? (
            <NumberInput id={`${id}-default`} value={initial === "" ? null : Number(initial)} step={0.01} onChange={(value) => onChange({ ...variable, default: value })} />
          ) : (
            <TextInput id={`${id}-default`} value={initial} maxLength={variable.max_length ?? undefined} onChange={(event) => onChange({ ...variable, default: event.target.value })} />
          )}
        </Field>
      )}
      <div className="flex flex-wrap gap-x-5 gap-y-2">
        <Checkbox label={t("orchestration.required")} checked={variable.required === true} onChange={(required) => onChange({ ...variable, required })} />
        <Checkbox label={t("orchestration.hidden")} checked={variable.hide === true} onChange={(hide) => onChange({ ...variable, hide })} />
      </div>
    </>
  );
}

function FetchedFields({ variable, tool, disabled, onChange }: FieldsProps & { tool: NonNullable<Variable["tool"]> }) {
  const { t } = useTranslation();
  return (
    <>
      <p className="text-12 text-muted">{t("orchestration.fetchedHint")}</p>
      {tool.type === "api" ? (
        <ExtensionPicker
          label={t("orchestration.extension")}
          value={textIn(tool.config, "api_based_extension_id")}
          disabled={disabled}
          onChange={(extension) => onChange({ ...variable, tool: { ...tool, config: { ...tool.config, api_based_extension_id: extension } } })}
        />
      ) : (
        <p>{t("orchestration.byCode", { name: tool.type })}</p>
      )}
      <Switch label={t("orchestration.fetchIt")} checked={tool.enabled} disabled={disabled} onChange={(enabled) => onChange({ ...variable, tool: { ...tool, enabled } })} />
    </>
  );
}
