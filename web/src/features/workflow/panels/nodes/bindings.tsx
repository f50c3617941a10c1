import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { CommittedInput } from "@/features/editors/committed-input";
import { SortableList } from "@/features/editors/sortable-list";
import type { VariableScope } from "@/features/variables/scope";
import { nameProblem } from "@/features/variables/tokens";
import { VariableField } from "@/features/variables/variable-field";
import { Button, IconButton } from "@/ui/button";
import { freeName, withItem, withoutItem, type Binding } from "./shared";

interface BindingsProps {
  value: readonly Binding[];
  onChange: (bindings: Binding[]) => void;
  /** A binding got another name: what uses the name may follow. */
  onRename?: (from: string, to: string) => void;
  wish?: string;
  add: string;
  scope?: VariableScope;
  disabled: boolean;
  withType?: boolean;
}

/** Variables under names of the node's own. */
export function Bindings({ value, onChange, onRename, wish = "arg", add, scope, disabled, withType = false }: BindingsProps) {
  const { t } = useTranslation();
  const names = value.map((each) => each.variable);
  return (
    <div className="flex flex-col gap-2">
      <SortableList
        items={value}
        disabled={disabled}
        onChange={onChange}
        nameOf={(each) => each.variable}
        render={(binding, at, handle) => (
          <div className="flex min-w-0 items-start gap-1">
            {handle}
            <CommittedInput
              label={t("panels.bindings.name")}
              value={binding.variable}
              disabled={disabled}
              check={(name) => {
                const problem = nameProblem(name, names.filter((_, other) => other !== at));
                return problem === null ? null : t(`editors.name.${problem}`);
              }}
              onCommit={(variable) => {
                onChange(withItem(value, at, { ...binding, variable }));
                onRename?.(binding.variable, variable);
              }}
              className="w-[36%] min-w-20 font-mono"
            />
            <VariableField
              label={t("panels.bindings.value", { name: binding.variable })}
              value={binding.value_selector}
              disabled={disabled}
              {...(scope === undefined ? {} : { scope })}
              onChange={(value_selector, type) => onChange(withItem(value, at, { ...binding, value_selector, ...(withType ? { value_type: type } : {}) }))}
            />
            {!disabled && (
              <IconButton label={t("panels.removeItem", { name: binding.variable || at + 1 })} onClick={() => onChange(withoutItem(value, at))}>
                <Trash2 size={14} strokeWidth={1.5} />
              </IconButton>
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
          onClick={() => onChange([...value, { variable: freeName(wish, names), value_selector: [] }])}
        >
          {add}
        </Button>
      )}
    </div>
  );
}
