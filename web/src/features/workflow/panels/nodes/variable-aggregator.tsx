import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { CommittedInput } from "@/features/editors/committed-input";
import { SortableList } from "@/features/editors/sortable-list";
import { Switch } from "@/ui/switch";
import { freshId } from "@/features/conditions/conditions";
import { useScope } from "@/features/variables/scope-context";
import { nameProblem } from "@/features/variables/tokens";
import { VariableField } from "@/features/variables/variable-field";
import { Button, IconButton } from "@/ui/button";
import type { Selector } from "../../graph/types";
import { usePanel } from "../panel-context";
import { Row, Section } from "../section";
import { useRemoveOutput, useRenameOutput } from "../use-outputs";
import { withItem, withoutItem } from "./shared";

interface Group {
  group_name: string;
  groupId?: string;
  output_type?: string;
  variables?: Selector[];
}

interface AggregatorData {
  output_type: string;
  variables: Selector[];
  advanced_settings: { group_enabled?: boolean; groups?: Group[] } | null;
}

export default function AggregatorPanel() {
  const { t } = useTranslation();
  const { nodeId, data, set, disabled } = usePanel<AggregatorData>();
  const rename = useRenameOutput<AggregatorData>(nodeId);
  const { remove, dialog } = useRemoveOutput(nodeId);
  const settings = data.advanced_settings ?? {};
  const grouped = settings.group_enabled === true;
  const groups = settings.groups ?? [];
  const setGroups = (next: Group[]) => set({ advanced_settings: { ...settings, groups: next } });
  const fresh = (): Group => ({ group_name: `Group${String(groups.length + 1)}`, groupId: freshId(), output_type: "any", variables: [] });
  return (
    <>
      {!grouped && (
        <Section title={t("panels.aggregator.variables")} hint={t("panels.aggregator.hint")} required>
          <Sources value={data.variables ?? []} disabled={disabled} onChange={(variables, output_type) => set({ variables, output_type })} />
        </Section>
      )}
      {grouped &&
        groups.map((group, at) => (
          <Section
            key={group.groupId ?? at}
            title={group.group_name}
            aside={
              groups.length > 1 && !disabled ? (
                <IconButton label={t("panels.removeItem", { name: group.group_name })} onClick={() => remove([group.group_name], () => setGroups(withoutItem(groups, at)))}>
                  <Trash2 size={14} strokeWidth={1.5} />
                </IconButton>
              ) : null
            }
          >
            <CommittedInput
              label={t("panels.aggregator.groupName")}
              value={group.group_name}
              disabled={disabled}
              check={(name) => {
                const problem = nameProblem(name, groups.filter((_, other) => other !== at).map((each) => each.group_name));
                return problem === null ? null : t(`editors.name.${problem}`);
              }}
              onCommit={(name) =>
                rename(group.group_name, name, (draft) => {
                  const renamed = draft.advanced_settings?.groups?.[at];
                  if (renamed !== undefined) renamed.group_name = name;
                })
              }
              className="font-mono"
            />
            <Sources
              value={group.variables ?? []}
              disabled={disabled}
              onChange={(variables, output_type) => setGroups(withItem(groups, at, { ...group, variables, output_type }))}
            />
          </Section>
        ))}
      {grouped && !disabled && (
        <Button variant="quiet" size="small" className="self-start" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => setGroups([...groups, fresh()])}>
          {t("panels.aggregator.addGroup")}
        </Button>
      )}
      <Row label={t("panels.aggregator.groups")} hint={t("panels.aggregator.groupsHint")}>
        <Switch bare
          label={t("panels.aggregator.groups")}
          checked={grouped}
          disabled={disabled}
          onChange={(group_enabled) =>
            set({
              advanced_settings: {
                ...settings,
                group_enabled,
                groups: groups.length > 0 ? groups : [{ ...fresh(), variables: data.variables ?? [], output_type: data.output_type ?? "any" }],
              },
            })
          }
        />
      </Row>
      {dialog}
    </>
  );
}

/** Variables in order of preference; the first decides which types fit. */
function Sources({ value, onChange, disabled }: { value: Selector[]; onChange: (variables: Selector[], type: string) => void; disabled: boolean }) {
  const { t } = useTranslation();
  const scope = useScope();
  const typeOf = (variables: Selector[]) => (variables[0] === undefined ? "any" : scope.resolve(variables[0]).type);
  const type = typeOf(value);
  const accepted = value.length === 0 || type === "any" ? undefined : [type];
  const change = (variables: Selector[]) => onChange(variables, typeOf(variables));
  return (
    <>
      <SortableList
        items={value}
        disabled={disabled}
        nameOf={(each) => each.join(".")}
        onChange={change}
        render={(selector, at, handle) => (
          <div className="flex items-center gap-1">
            {handle}
            <VariableField
              label={t("panels.itemOf", { label: t("panels.aggregator.variables"), number: at + 1 })}
              value={selector}
              accepted={value.length === 1 ? undefined : accepted}
              disabled={disabled}
              onChange={(next) => change(withItem(value, at, next))}
            />
            {!disabled && (
              <IconButton label={t("panels.removeItem", { name: selector.join(".") })} onClick={() => change(withoutItem(value, at))}>
                <Trash2 size={14} strokeWidth={1.5} />
              </IconButton>
            )}
          </div>
        )}
      />
      {!disabled && <VariableField label={t("panels.aggregator.add")} value={undefined} accepted={accepted} onChange={(next) => change([...value, next])} />}
    </>
  );
}
