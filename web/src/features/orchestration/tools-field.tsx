import { useQuery } from "@tanstack/react-query";
import { CircleAlert, Plus, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { jsonText, without, type JsonObject, type JsonValue } from "@/api/json";
import { useAccount } from "@/features/account/account-context";
import { mayAdminister } from "@/features/account/roles";
import { SortableList } from "@/features/editors/sortable-list";
import { useText } from "@/features/schema-form/i18n-text";
import { ToolPicker } from "@/features/workflow/panels/nodes/tool-picker";
import { useToolParameters } from "@/features/workflow/panels/nodes/tool-parameters";
import { findTool, toolsQuery, useCredentials, type Tool, type ToolParameter, type ToolProvider } from "@/features/workflow/panels/nodes/tools";
import { withTexts } from "@/i18n/i18n";
import { Button, IconButton } from "@/ui/button";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { NodeIcon } from "@/ui/node-icon";
import { NumberInput } from "@/ui/number-input";
import { Select } from "@/ui/select";
import { Switch } from "@/ui/switch";
import { toolEntry, toolLabel, toolsIn, withTools } from "./agent";
import { OpeningRow } from "./block";
import { section, textIn, type BlockProps } from "./configuration";

const ToolKeyDialog = lazy(() => withTexts("tools", import("@/features/tools/tool-key-dialog")));

/** The tools of an agent in the order in which the model is told of them. */
export function ToolsField({ configuration, change, disabled }: BlockProps) {
  const { t } = useTranslation();
  const text = useText();
  const [adding, setAdding] = useState(false);
  const { data: providers } = useQuery(toolsQuery);
  const tools = toolsIn(configuration);
  const set = (next: readonly JsonObject[]) => change((before) => withTools(before, next));
  return (
    <>
      <SortableList
        items={tools}
        disabled={disabled}
        nameOf={toolLabel}
        onChange={set}
        render={(tool, at, handle) => {
          const found = findTool(providers, textIn(tool, "provider_id"), textIn(tool, "tool_name"));
          const label = toolLabel(tool);
          const provider = found === undefined ? textIn(tool, "provider_name") : text(found.provider.label);
          return (
            <OpeningRow
              before={
                <>
                  {handle}
                  <NodeIcon type="tool" />
                </>
              }
              name={
                <>
                  <span className="truncate">{label}</span>
                  {provider !== label && <span className="min-w-0 truncate text-12 text-muted">{provider}</span>}
                  <State gone={providers !== undefined && found === undefined} provider={found?.provider} />
                </>
              }
              after={
                <>
                  <Switch
                    bare
                    label={t("orchestration.useTool", { tool: label })}
                    checked={tool.enabled !== false}
                    disabled={disabled}
                    onChange={(enabled) => set(tools.with(at, { ...tool, enabled }))}
                  />
                  {!disabled && (
                    <IconButton label={t("orchestration.removeTool", { tool: label })} onClick={() => set(tools.filter((_, index) => index !== at))}>
                      <Trash2 size={16} strokeWidth={1.5} />
                    </IconButton>
                  )}
                </>
              }
            >
              {found === undefined ? (
                <p className="text-muted">{t("orchestration.toolGoneHint")}</p>
              ) : (
                <ToolSettings tool={tool} provider={found.provider} declared={found.tool} disabled={disabled} onChange={(next) => set(tools.with(at, next))} />
              )}
            </OpeningRow>
          );
        }}
      />
      {!disabled && (
        <ToolPicker
          open={adding}
          onOpenChange={setAdding}
          onChoose={(provider, tool) => {
            setAdding(false);
            change((before) => withTools(before, [...toolsIn(before), toolEntry(provider, tool, text)]));
          }}
          trigger={
            <Button size="small" variant="quiet" className="self-start" icon={<Plus size={14} strokeWidth={1.5} />}>
              {t("orchestration.addTool")}
            </Button>
          }
        />
      )}
    </>
  );
}

function State({ gone, provider }: { gone: boolean; provider: ToolProvider | undefined }) {
  const { t } = useTranslation();
  const locked = provider !== undefined && needsKey(provider);
  if (!gone && !locked) return null;
  return (
    <span className={gone ? "ms-auto flex shrink-0 items-center gap-1 text-12 text-danger" : "ms-auto flex shrink-0 items-center gap-1 text-12 text-warn"}>
      <CircleAlert aria-hidden size={14} strokeWidth={1.5} />
      {t(gone ? "orchestration.toolGone" : "orchestration.toolLocked")}
    </span>
  );
}

function needsKey(provider: ToolProvider): boolean {
  return provider.needs_credentials === true && !provider.is_team_authorization;
}

interface ToolSettingsProps {
  tool: JsonObject;
  provider: ToolProvider;
  declared: Tool;
  onChange: (tool: JsonObject) => void;
  disabled: boolean;
}

/** What a tool is always called with; what is left empty is the model's to give. */
function ToolSettings({ tool, provider, declared, onChange, disabled }: ToolSettingsProps) {
  const text = useText();
  const { parameters, failure } = useToolParameters(provider, declared, textIn(tool, "credential_id"));
  const about = text(declared.description);
  const values = section(tool, "tool_parameters");
  const set = (name: string, value: JsonValue) => {
    const empty = value === "" || value === null;
    onChange({ ...tool, tool_parameters: empty ? without(values, name) : { ...values, [name]: value } });
  };
  return (
    <>
      {about !== "" && <p className="text-muted">{about}</p>}
      {needsKey(provider) && <MissingKey provider={provider} />}
      <CredentialField tool={tool} provider={provider} onChange={onChange} disabled={disabled} />
      {failure !== undefined && <p role="alert" className="text-12 text-danger">{failure}</p>}
      {parameters.map((parameter) => (
        <ParameterField key={parameter.name} parameter={parameter} value={values[parameter.name]} disabled={disabled} onChange={(value) => set(parameter.name, value)} />
      ))}
    </>
  );
}

/** Administrators open a provider here; others are told to ask them. */
function MissingKey({ provider }: { provider: ToolProvider }) {
  const { t } = useTranslation();
  const text = useText();
  const { role } = useAccount();
  const [asking, setAsking] = useState(false);
  const here = provider.type === "builtin" && mayAdminister(role);
  return (
    <div className="flex flex-wrap items-center gap-2 rounded-control bg-warn-soft px-2 py-1.5 text-warn">
      <p className="min-w-0 flex-1">{t(here ? "orchestration.toolLockedHint" : "orchestration.toolLockedAsk")}</p>
      {here && (
        <Button size="small" onClick={() => setAsking(true)}>
          {t("orchestration.giveKey")}
        </Button>
      )}
      {asking && (
        <Suspense>
          <ToolKeyDialog provider={provider.name} title={text(provider.label)} onClose={() => setAsking(false)} />
        </Suspense>
      )}
    </div>
  );
}

/** Which of several keys a tool is called with. */
function CredentialField({ tool, provider, onChange, disabled }: Pick<ToolSettingsProps, "tool" | "provider" | "onChange" | "disabled">) {
  const { t } = useTranslation();
  const { data } = useCredentials(provider);
  if (data === undefined || data.length < 2) return null;
  const chosen = textIn(tool, "credential_id");
  return (
    <Field id={`credential-${provider.id}`} label={t("orchestration.credential")}>
      <Select
        id={`credential-${provider.id}`}
        value={chosen === "" ? (data.find((each) => each.is_default)?.id ?? null) : chosen}
        disabled={disabled}
        onChange={(id) => onChange({ ...tool, credential_id: id })}
        options={data.map((each) => ({ value: each.id, label: each.name }))}
      />
    </Field>
  );
}

interface ParameterFieldProps {
  parameter: ToolParameter;
  value: JsonValue | undefined;
  onChange: (value: JsonValue) => void;
  disabled: boolean;
}

function ParameterField({ parameter, value, onChange, disabled }: ParameterFieldProps) {
  const { t } = useTranslation();
  const text = useText();
  const byModel = parameter.form === "llm";
  const id = `parameter-${parameter.name}`;
  const label = text(parameter.label) || parameter.name;
  const help = text(parameter.human_description);
  const missing = !byModel && parameter.required === true && (value === undefined || value === "");
  return (
    <Field
      id={id}
      label={label}
      {...(help === "" ? {} : { hint: help })}
      aside={<span className="text-12 text-muted">{t(byModel ? "orchestration.byModel" : "orchestration.byYou")}</span>}
      {...(missing ? { error: t("orchestration.parameterMissing") } : {})}
    >
      <ParameterInput id={id} label={label} parameter={parameter} value={value} onChange={onChange} disabled={disabled} />
    </Field>
  );
}

function ParameterInput({ id, label, parameter, value, onChange, disabled }: ParameterFieldProps & { id: string; label: string }) {
  const { t } = useTranslation();
  const text = useText();
  const model = t("orchestration.modelDecides");
  const unset = parameter.form === "llm" ? model : t("orchestration.notSet");
  const options = parameter.type === "boolean" ? YES_OR_NO.map((each) => ({ value: each, label: t(`orchestration.${each}`) })) : parameter.options?.map((option) => ({ value: option.value, label: text(option.label) || option.value }));
  if (options !== undefined && options.length > 0) {
    return (
      <Select
        id={id}
        label={label}
        value={value === undefined ? UNSET : jsonText(value)}
        disabled={disabled}
        onChange={(next) => onChange(next === UNSET ? null : parameter.type === "boolean" ? next === "true" : next)}
        options={[{ value: UNSET, label: unset }, ...options]}
      />
    );
  }
  if (parameter.type === "number") {
    return (
      <NumberInput
        id={id}
        aria-label={label}
        placeholder={unset}
        value={typeof value === "number" ? value : value === undefined || value === "" ? null : Number(value)}
        min={parameter.min ?? undefined}
        max={parameter.max ?? undefined}
        step={0.01}
        disabled={disabled}
        onChange={onChange}
      />
    );
  }
  return <TextInput {...fieldProps(id, undefined)} placeholder={unset} value={jsonText(value)} disabled={disabled} onChange={(event) => onChange(event.target.value)} />;
}

const UNSET = "\u0000";
const YES_OR_NO = ["true", "false"] as const;
