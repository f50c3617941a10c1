import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { jsonText, type JsonObject } from "@/api/json";
import type { FieldType } from "@/api/webapp-types";
import { useText } from "@/features/schema-form/i18n-text";
import { workflowApi } from "@/features/workflow/store/api";
import { Button, IconButton } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Combobox } from "@/ui/combobox";
import { Field, fieldProps, TextArea, TextInput } from "@/ui/field";
import { Select } from "@/ui/select";
import { Switch } from "@/ui/switch";
import { TagInput } from "@/ui/tag-input";
import {
  basesIn, isOn, newVariable, renamed, switched, textIn, toolsIn, unknownNames, variablesIn, withBases, withTools, withVariables,
  type BasicMode, type Variable,
} from "./configuration"; // prettier-ignore

interface BlockProps {
  configuration: JsonObject;
  onChange: (configuration: JsonObject) => void;
}

export function Block({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2 rounded-card border border-line bg-surface p-3">
      <h3 className="font-medium">{title}</h3>
      {hint !== undefined && <p className="text-12 text-muted">{hint}</p>}
      {children}
    </section>
  );
}

/** The instructions, and the names in them that nobody asks for yet. */
export function PromptBlock({ configuration, onChange, mode }: BlockProps & { mode: BasicMode }) {
  const { t } = useTranslation();
  const prompt = textIn(configuration, "pre_prompt");
  const variables = variablesIn(configuration);
  const unknown = unknownNames(prompt, variables);
  return (
    <Block title={t(mode === "completion" ? "orchestration.prefix" : "orchestration.instructions")} hint={t("orchestration.promptHint")}>
      <TextArea
        aria-label={t(mode === "completion" ? "orchestration.prefix" : "orchestration.instructions")}
        className="min-h-36 text-14"
        value={prompt}
        onChange={(event) => onChange({ ...configuration, pre_prompt: event.target.value })}
      />
      {unknown.length > 0 && (
        <p className="flex flex-wrap items-center gap-2 rounded-control bg-warn-soft px-2 py-1.5 text-warn">
          {t("orchestration.unknown", { names: unknown.join(", ") })}
          <Button size="small" onClick={() => onChange(withVariables(configuration, [...variables, ...unknown.map(newVariable)]))}>
            {t("orchestration.addThem")}
          </Button>
        </p>
      )}
    </Block>
  );
}

const TYPES: readonly FieldType[] = ["text-input", "paragraph", "select", "number", "checkbox"];

/** What people fill in before they begin. */
export function VariablesBlock({ configuration, onChange }: BlockProps) {
  const { t } = useTranslation();
  const variables = variablesIn(configuration);
  const set = (next: readonly Variable[]) => onChange(withVariables(configuration, next));
  const change = (at: number, variable: Variable) => set(variables.with(at, variable));
  const rename = (at: number, name: string) => {
    const before = variables[at];
    if (before === undefined || name === before.variable || !/^[A-Za-z_]\w{0,29}$/.test(name) || variables.some((each) => each.variable === name)) return;
    const label = before.label === before.variable ? name : before.label;
    const next = withVariables(configuration, variables.with(at, { ...before, variable: name, label }));
    onChange({ ...next, pre_prompt: renamed(textIn(configuration, "pre_prompt"), before.variable, name) });
  };
  const add = () => {
    let number = variables.length + 1;
    while (variables.some((each) => each.variable === `input_${number}`)) number += 1;
    set([...variables, newVariable(`input_${number}`)]);
  };
  return (
    <Block title={t("orchestration.variables")} hint={t("orchestration.variablesHint")}>
      <ul className="flex flex-col gap-3">
        {variables.map((variable, at) => (
          <li key={at} className="flex flex-col gap-2 border-b border-line pb-3">
            <VariableRow
              variable={variable}
              onChange={(next) => change(at, next)}
              onRename={(name) => rename(at, name)}
              onRemove={() => set(variables.filter((_, index) => index !== at))}
            />
          </li>
        ))}
      </ul>
      <Button size="small" className="self-start" icon={<Plus size={14} strokeWidth={1.5} />} onClick={add}>
        {t("orchestration.addVariable")}
      </Button>
    </Block>
  );
}

interface VariableRowProps {
  variable: Variable;
  onChange: (variable: Variable) => void;
  onRename: (name: string) => void;
  onRemove: () => void;
}

function VariableRow({ variable, onChange, onRename, onRemove }: VariableRowProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(variable.variable);
  return (
    <>
      <div className="grid gap-2 sm:grid-cols-[1fr_1fr_140px_auto]">
        <TextInput
          aria-label={t("orchestration.name")}
          className="font-mono"
          value={name}
          onChange={(event) => setName(event.target.value)}
          onBlur={() => {
            onRename(name);
            setName(/^[A-Za-z_]\w{0,29}$/.test(name) ? name : variable.variable);
          }}
        />
        <TextInput aria-label={t("orchestration.label")} value={variable.label} onChange={(event) => onChange({ ...variable, label: event.target.value })} />
        <Select
          label={t("orchestration.type")}
          value={variable.type}
          onChange={(type) => onChange({ ...variable, type, ...(type === "select" ? { options: variable.options ?? [] } : {}) })}
          options={TYPES.map((type) => ({ value: type, label: t(`orchestration.types.${type as "text-input"}`) }))}
        />
        <IconButton label={t("orchestration.removeVariable", { name: variable.variable })} onClick={onRemove}>
          <Trash2 size={16} strokeWidth={1.5} />
        </IconButton>
      </div>
      {variable.type === "select" && (
        <TagInput label={t("orchestration.options")} value={variable.options ?? []} onChange={(options) => onChange({ ...variable, options: [...options] })} />
      )}
      <Checkbox label={t("orchestration.required")} checked={variable.required === true} onChange={(required) => onChange({ ...variable, required })} />
    </>
  );
}

/** The knowledge bases that are searched for every question. */
export function KnowledgeBlock({ configuration, onChange }: BlockProps) {
  const { t } = useTranslation();
  const bases = useQuery({
    queryKey: ["datasets", "to-choose"],
    queryFn: async ({ signal }) => (await call(api.GET("/datasets", { params: { query: { limit: 100 } }, signal }))).data,
  });
  const chosen = basesIn(configuration);
  const offered = bases.data ?? [];
  const options = offered.map((base) => ({ value: base.id, label: base.name, hint: base.description }));
  const gone = chosen.filter((id) => bases.isSuccess && !offered.some((base) => base.id === id));
  return (
    <Block title={t("orchestration.knowledge")} hint={t("orchestration.knowledgeHint")}>
      <Combobox
        multiple
        label={t("orchestration.knowledge")}
        placeholder={t("orchestration.chooseKnowledge")}
        value={chosen.filter((id) => !gone.includes(id))}
        onChange={(ids) => onChange(withBases(configuration, ids))}
        options={options}
      />
      {gone.length > 0 && (
        <p className="flex items-center gap-2 text-warn">
          {t("orchestration.goneKnowledge", { count: gone.length })}
          <Button size="small" onClick={() => onChange(withBases(configuration, chosen.filter((id) => !gone.includes(id))))}>
            {t("orchestration.remove")}
          </Button>
        </p>
      )}
    </Block>
  );
}

/** What an agent may use. */
export function ToolsBlock({ configuration, onChange }: BlockProps) {
  const { t } = useTranslation();
  const text = useText();
  const providers = useQuery({
    queryKey: ["tools", "for-agents"],
    queryFn: async () => {
      const kinds = await Promise.all(["builtin", "api", "workflow", "mcp"].map(async (kind) => (await workflowApi.tools(kind)).map((provider) => ({ kind, provider }))));
      return kinds.flat();
    },
  });
  const tools = toolsIn(configuration);
  const options = (providers.data ?? []).flatMap(({ kind, provider }) =>
    provider.tools.map((tool) => ({
      value: `${kind}\n${provider.id}\n${tool.name}`,
      label: text(tool.label) || tool.name,
      hint: text(provider.label) || provider.name,
      tool: {
        enabled: true,
        provider_type: kind,
        provider_id: provider.id,
        provider_name: provider.name,
        tool_name: tool.name,
        tool_label: text(tool.label) || tool.name,
        tool_parameters: {},
      } satisfies JsonObject,
    })),
  );
  const add = (value: string | null) => {
    const found = options.find((option) => option.value === value);
    if (found !== undefined) onChange(withTools(configuration, [...tools, found.tool]));
  };
  const label = (tool: JsonObject) => (typeof tool.tool_label === "string" && tool.tool_label !== "" ? tool.tool_label : jsonText(tool.tool_name));
  return (
    <Block title={t("orchestration.tools")} hint={t("orchestration.toolsHint")}>
      <ul className="flex flex-col">
        {tools.map((tool, at) => (
          <li key={at} className="flex min-h-9 items-center gap-2">
            <span className="min-w-0 flex-1 truncate">{label(tool)}</span>
            <Switch
              bare
              label={t("orchestration.useTool", { tool: label(tool) })}
              checked={tool.enabled !== false}
              onChange={(enabled) => onChange(withTools(configuration, tools.with(at, { ...tool, enabled })))}
            />
            <IconButton label={t("orchestration.removeTool", { tool: label(tool) })} onClick={() => onChange(withTools(configuration, tools.filter((_, index) => index !== at)))}>
              <Trash2 size={16} strokeWidth={1.5} />
            </IconButton>
          </li>
        ))}
      </ul>
      <Combobox label={t("orchestration.addTool")} placeholder={t("orchestration.addTool")} value={null} onChange={add} options={options} />
    </Block>
  );
}

/** How a conversation opens, and what stands around its answers. */
export function FeaturesBlock({ configuration, onChange, mode }: BlockProps & { mode: BasicMode }) {
  const { t } = useTranslation();
  const chat = mode !== "completion";
  const questions = Array.isArray(configuration.suggested_questions) ? configuration.suggested_questions.filter((each) => typeof each === "string") : [];
  const features = chat ? (["suggested_questions_after_answer", "retriever_resource", "speech_to_text", "text_to_speech"] as const) : (["more_like_this", "text_to_speech"] as const);
  return (
    <Block title={t("orchestration.features")}>
      {chat && (
        <>
          <Field id="opening" label={t("orchestration.opening")} optional>
            <TextArea
              {...fieldProps("opening", undefined)}
              value={textIn(configuration, "opening_statement")}
              onChange={(event) => onChange({ ...configuration, opening_statement: event.target.value })}
            />
          </Field>
          <TagInput
            label={t("orchestration.questions")}
            value={questions}
            onChange={(next) => onChange({ ...configuration, suggested_questions: next.slice(0, 10) })}
          />
        </>
      )}
      {features.map((feature) => (
        <Switch
          key={feature}
          label={t(`orchestration.feature.${feature}`)}
          checked={isOn(configuration, feature)}
          onChange={(enabled) => onChange(switched(configuration, feature, enabled))}
        />
      ))}
    </Block>
  );
}
