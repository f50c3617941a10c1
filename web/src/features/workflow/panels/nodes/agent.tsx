import { ChevronDown, Plus, Trash2 } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { without, isJsonObject, type JsonObject, type JsonValue } from "@/api/json";
import { JsonEditor } from "@/features/editors/json-editor";
import { NumberSlider } from "@/features/editors/number-slider";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { Segmented } from "@/ui/segmented";
import { SortableList } from "@/features/editors/sortable-list";
import { Switch } from "@/ui/switch";
import { LINES, TagInput } from "@/ui/tag-input";
import { ModelField } from "@/features/model-picker/model-field";
import type { ModelSettings } from "@/features/model-picker/models";
import { i18nText } from "@/features/schema-form/i18n-text";
import { VariableField } from "@/features/variables/variable-field";
import { Button, IconButton } from "@/ui/button";
import { TextArea } from "@/ui/field";
import { usePanel } from "../panel-context";
import { Folded, Row, Section } from "../section";
import { MemorySection } from "./model-parts";
import { withItem, withoutItem } from "./shared";
import { ToolPicker } from "./tool-picker";
import { ToolValue, type Given } from "./tool-values";
import { useToolParameters } from "./tool-parameters";
import { findTool, toolsQuery, type Tool, type ToolParameter, type ToolProvider } from "./tools";

interface Parameter {
  type?: string;
  value?: JsonValue;
}

interface AgentData {
  agent_strategy_provider_name: string;
  agent_strategy_name: string;
  agent_strategy_label: string;
  agent_parameters: Record<string, Parameter> | null;
}

/** The strategies that every server has. */
const STRATEGIES = { function_calling: "FunctionCalling", ReAct: "ReAct" } as const;
const PROVIDER = "langgenius/agent/agent";
const KNOWN = new Set(["model", "tools", "instruction", "query", "maximum_iterations", "context", "files", "allowed_tools"]);

export default function AgentPanel() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<AgentData>();
  const parameters = data.agent_parameters ?? {};
  const setParameter = (name: string, parameter: Parameter | undefined) => {
    set({ agent_parameters: parameter === undefined ? without(parameters, name) : { ...parameters, [name]: parameter } });
  };
  const name = data.agent_strategy_name ?? "";
  const strategy = name.toLowerCase() === "react" ? "ReAct" : name === "function_calling" ? name : null;
  const model = parameters.model?.value;
  const rest = Object.fromEntries(Object.entries(parameters).filter(([key]) => !KNOWN.has(key)));
  return (
    <>
      <Section title={t("panels.agent.strategy")} required hint={strategy === null ? undefined : t(`panels.agent.${strategy}-hint`)}>
        <Segmented
          label={t("panels.agent.strategy")}
          value={strategy ?? name}
          disabled={disabled}
          options={[
            { value: "function_calling", label: t("panels.agent.function_calling") },
            { value: "ReAct", label: "ReAct" },
            ...(strategy === null && name !== "" ? [{ value: name, label: data.agent_strategy_label || name }] : []),
          ]}
          onChange={(next) => {
            if (next === "function_calling" || next === "ReAct") {
              set({ agent_strategy_provider_name: PROVIDER, agent_strategy_name: next, agent_strategy_label: STRATEGIES[next] });
            }
          }}
        />
        {strategy === null && <p className="text-12 text-danger">{t("panels.agent.unknown", { name: `${data.agent_strategy_provider_name ?? ""} · ${name}` })}</p>}
      </Section>
      <Section title={t("panels.model.title")} required>
        <ModelField
          value={modelOf(model)}
          disabled={disabled}
          onChange={(next) =>
            setParameter("model", {
              type: "constant",
              value: { ...(isJsonObject(model) ? model : {}), ...asParameter(next) },
            })
          }
        />
      </Section>
      <ToolsSection value={parameters.tools} onChange={(value) => setParameter("tools", { type: "constant", value })} disabled={disabled} />
      {(["instruction", "query"] as const).map((key) => (
        <Section key={key} title={t(`panels.agent.${key}`)} required>
          <TextParameter label={t(`panels.agent.${key}`)} value={parameters[key]} disabled={disabled} minHeight={key === "query" ? 48 : 110} onChange={(next) => setParameter(key, next)} />
        </Section>
      ))}
      <Section title={t("panels.agent.rounds")} hint={t("panels.agent.roundsHint")}>
        <NumberSlider
          label={t("panels.agent.rounds")}
          value={Number(parameters.maximum_iterations?.value ?? 3)}
          min={1}
          max={99}
          disabled={disabled}
          onChange={(count) => setParameter("maximum_iterations", { type: "constant", value: Math.min(500, Math.max(1, Math.round(count))) })}
        />
      </Section>
      <Folded title={t("panels.advanced")}>
        <div className="flex flex-col gap-4">
          <Row label={t("panels.agent.context")} hint={t("panels.agent.contextHint")} stacked>
            <VariableField
              label={t("panels.agent.context")}
              value={selectorOf(parameters.context)}
              accepted={["array[object]"]}
              clearable
              disabled={disabled}
              onChange={(value) => setParameter("context", value.length === 0 ? undefined : { type: "variable", value })}
            />
          </Row>
          <Row label={t("panels.agent.files")} stacked>
            <VariableField
              label={t("panels.agent.files")}
              value={selectorOf(parameters.files)}
              accepted={["array[file]", "file"]}
              clearable
              disabled={disabled}
              onChange={(value) => setParameter("files", value.length === 0 ? undefined : { type: "variable", value })}
            />
          </Row>
          <Row label={t("panels.agent.allowed")} hint={t("panels.agent.allowedHint")} stacked>
            <TagInput separator={LINES}
              label={t("panels.agent.allowed")}
              value={Array.isArray(parameters.allowed_tools?.value) ? parameters.allowed_tools.value.map(String) : []}
              disabled={disabled}
              onChange={(value) => setParameter("allowed_tools", value.length === 0 ? undefined : { type: "constant", value })}
            />
          </Row>
          {Object.keys(rest).length > 0 && (
            <Row label={t("panels.agent.others")} stacked>
              <JsonEditor
                label={t("panels.agent.others")}
                value={rest as unknown as JsonValue}
                disabled={disabled}
                check={(json) => (isJsonObject(json) ? null : t("editors.schema.noObject"))}
                onChange={(json) => {
                  const kept = Object.fromEntries(Object.entries(parameters).filter(([key]) => KNOWN.has(key)));
                  set({ agent_parameters: { ...kept, ...((json ?? {}) as unknown as Record<string, Parameter>) } });
                }}
              />
            </Row>
          )}
        </div>
      </Folded>
      <MemorySection question={false} />
    </>
  );
}

function modelOf(value: JsonValue | undefined): ModelSettings | undefined {
  if (!isJsonObject(value)) return undefined;
  const text = (key: string) => (typeof value[key] === "string" ? value[key] : "");
  return {
    provider: text("provider"),
    name: text("model") || text("name"),
    mode: text("mode"),
    completion_params: isJsonObject(value.completion_params) ? value.completion_params : {},
  };
}

/** A model as agents name it: `model` where nodes say `name`. */
function asParameter(model: ModelSettings): JsonObject {
  return {
    provider: model.provider ?? "",
    model: model.name ?? "",
    name: model.name ?? "",
    mode: model.mode ?? "chat",
    model_type: "llm",
    type: "model-selector",
    completion_params: model.completion_params ?? {},
  };
}

function selectorOf(parameter: Parameter | undefined): string[] {
  return parameter?.type === "variable" && Array.isArray(parameter.value) ? parameter.value.map(String) : [];
}

interface TextParameterProps {
  label: string;
  value: Parameter | undefined;
  onChange: (parameter: Parameter) => void;
  disabled: boolean;
  minHeight: number;
}

function TextParameter({ label, value, onChange, disabled, minHeight }: TextParameterProps) {
  if (value?.type === "variable") {
    return (
      <VariableField
        label={label}
        value={selectorOf(value)}
        accepted={["string"]}
        clearable
        disabled={disabled}
        onChange={(selector) => onChange(selector.length === 0 ? { type: "mixed", value: "" } : { type: "variable", value: selector })}
      />
    );
  }
  return (
    <PromptEditor
      label={label}
      value={typeof value?.value === "string" ? value.value : ""}
      disabled={disabled}
      minHeight={minHeight}
      onChange={(text) => onChange({ type: value?.type === "constant" ? "constant" : "mixed", value: text })}
    />
  );
}

interface AgentTool {
  enabled?: boolean;
  type?: string;
  provider_name?: string;
  provider_show_name?: string;
  tool_name?: string;
  tool_label?: string;
  tool_description?: string;
  settings?: Record<string, JsonValue>;
  parameters?: Record<string, JsonValue>;
  extra?: { description?: string };
  credential_id?: string | null;
}

function ToolsSection({ value, onChange, disabled }: { value: Parameter | undefined; onChange: (tools: JsonValue) => void; disabled: boolean }) {
  const { t, i18n } = useTranslation();
  const [adding, setAdding] = useState(false);
  const [open, setOpen] = useState<number | null>(null);
  const { data: providers } = useQuery(toolsQuery);
  const tools = (Array.isArray(value?.value) ? value.value.filter(isJsonObject) : []) as unknown as AgentTool[];
  const change = (next: AgentTool[]) => onChange(next as unknown as JsonValue);
  const add = (provider: ToolProvider, tool: Tool) => {
    setAdding(false);
    change([
      ...tools,
      {
        enabled: true,
        type: provider.type,
        provider_name: provider.id,
        provider_show_name: i18nText(provider.label, i18n.language),
        tool_name: tool.name,
        tool_label: i18nText(tool.label, i18n.language),
        tool_description: i18nText(tool.description, i18n.language),
        settings: Object.fromEntries(tool.parameters.filter((each) => each.form !== "llm").map((each): [string, JsonValue] => [each.name, { value: each.default ?? null }])),
        parameters: Object.fromEntries(tool.parameters.filter((each) => each.form === "llm").map((each): [string, JsonValue] => [each.name, { auto: 1, value: null }])),
        extra: { description: "" },
      },
    ]);
  };
  return (
    <Section
      title={t("panels.agent.tools")}
      hint={t("panels.agent.toolsHint")}
      aside={
        disabled ? null : (
          <ToolPicker
            open={adding}
            onOpenChange={setAdding}
            onChoose={add}
            trigger={
              <IconButton label={t("panels.agent.addTool")}>
                <Plus size={14} strokeWidth={1.5} />
              </IconButton>
            }
          />
        )
      }
    >
      <SortableList
        items={tools}
        disabled={disabled}
        nameOf={(tool) => tool.tool_label || (tool.tool_name ?? "")}
        onChange={change}
        render={(tool, at, handle) => {
          const found = findTool(providers, tool.provider_name ?? "", tool.tool_name ?? "");
          const label = tool.tool_label || (tool.tool_name ?? "");
          return (
            <div className="rounded-card border border-line bg-surface">
              <div className="flex min-h-9 items-center gap-1 px-1.5">
                {handle}
                <button type="button" aria-expanded={open === at} onClick={() => setOpen(open === at ? null : at)} className="flex min-w-0 flex-1 items-center gap-2 py-1.5 text-start">
                  <span className="truncate">{label}</span>
                  <span className="min-w-0 flex-1 truncate text-12 text-muted">
                    {providers !== undefined && found === undefined ? <span className="text-danger">{t("panels.agent.toolGone")}</span> : tool.provider_show_name}
                    {found?.provider.needs_credentials === true && !found.provider.is_team_authorization && <span className="text-warn"> {t("panels.tool.unauthorizedShort")}</span>}
                  </span>
                  <ChevronDown size={14} strokeWidth={1.5} className={open === at ? "shrink-0 rotate-180 text-muted" : "shrink-0 text-muted"} />
                </button>
                <Switch bare label={t("panels.agent.useTool", { name: label })} checked={tool.enabled === true} disabled={disabled} onChange={(enabled) => change(withItem(tools, at, { ...tool, enabled }))} />
                {!disabled && (
                  <IconButton label={t("panels.removeItem", { name: label })} onClick={() => change(withoutItem(tools, at))}>
                    <Trash2 size={14} strokeWidth={1.5} />
                  </IconButton>
                )}
              </div>
              {open === at && found === undefined && <ToolDetails tool={tool} schema={[]} disabled={disabled} onChange={(next) => change(withItem(tools, at, next))} />}
              {open === at && found !== undefined && <DeclaredDetails provider={found.provider} declared={found.tool} tool={tool} disabled={disabled} onChange={(next) => change(withItem(tools, at, next))} />}
            </div>
          );
        }}
      />
      {tools.length === 0 && !disabled && (
        <Button variant="quiet" size="small" className="self-start" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => setAdding(true)}>
          {t("panels.agent.addTool")}
        </Button>
      )}
    </Section>
  );
}

/** The details of a tool that is there, with the parameters that it has now. */
function DeclaredDetails({ provider, declared, ...rest }: Omit<ToolDetailsProps, "schema"> & { provider: ToolProvider; declared: Tool }) {
  const { parameters, failure } = useToolParameters(provider, declared, rest.tool.credential_id ?? "");
  return (
    <>
      {failure !== undefined && <p role="alert" className="px-3 text-12 text-danger">{failure}</p>}
      <ToolDetails schema={parameters} {...rest} />
    </>
  );
}

interface ToolDetailsProps {
  tool: AgentTool;
  schema: readonly ToolParameter[];
  onChange: (tool: AgentTool) => void;
  disabled: boolean;
}

/** Which of a tool's inputs the model gives, and which are fixed. */
function ToolDetails({ tool, schema, onChange, disabled }: ToolDetailsProps) {
  const { t, i18n } = useTranslation();
  const parameters = tool.parameters ?? {};
  const settings = tool.settings ?? {};
  return (
    <div className="flex flex-col gap-3 border-t border-line p-3">
      <Row label={t("panels.agent.description")} hint={t("panels.agent.descriptionHint")} stacked>
        <TextArea
          aria-label={t("panels.agent.description")}
          value={tool.extra?.description ?? ""}
          placeholder={tool.tool_description ?? ""}
          disabled={disabled}
          onChange={(event) => onChange({ ...tool, extra: { ...tool.extra, description: event.target.value } })}
          className="min-h-14! text-13!"
        />
      </Row>
      {schema.map((parameter) => {
        const label = i18nText(parameter.label, i18n.language) || parameter.name;
        if (parameter.form !== "llm") {
          const entry = settings[parameter.name];
          const value = isJsonObject(entry) && "value" in entry ? (entry.value ?? null) : (entry ?? null);
          return (
            <ToolValue
              key={parameter.name}
              parameter={parameter}
              value={value === null ? undefined : givenOf(value)}
              disabled={disabled}
              onChange={(given) => onChange({ ...tool, settings: { ...settings, [parameter.name]: { value: given.type === "constant" ? given.value : ({ ...given }) } } })}
            />
          );
        }
        const entry = parameters[parameter.name];
        const auto = entry === undefined || entry === null || (isJsonObject(entry) && entry.auto !== 0);
        const value = isJsonObject(entry) ? (entry.value ?? null) : (entry ?? null);
        const setEntry = (next: JsonObject) => onChange({ ...tool, parameters: { ...parameters, [parameter.name]: next } });
        return (
          <div key={parameter.name} className="flex flex-col gap-1">
            <Row label={t("panels.agent.auto", { name: label })}>
              <Switch bare label={t("panels.agent.auto", { name: label })} checked={auto} disabled={disabled} onChange={(on) => setEntry({ auto: on ? 1 : 0, value: on ? null : { type: "mixed", value: "" } })} />
            </Row>
            {!auto && (
              <ToolValue parameter={parameter} value={value === null ? undefined : givenOf(value)} disabled={disabled} onChange={(given) => setEntry({ auto: 0, value: { ...given } })} />
            )}
          </div>
        );
      })}
    </div>
  );
}

function givenOf(value: JsonValue): Given {
  if (isJsonObject(value) && "value" in value && typeof value.type === "string") return value as unknown as Given;
  return { type: typeof value === "string" ? "mixed" : "constant", value };
}
