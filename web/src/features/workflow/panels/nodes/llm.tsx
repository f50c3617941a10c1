import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { JsonObject } from "@/api/json";
import { JsonSchemaEditor } from "@/features/editors/json-schema-editor";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { Segmented } from "@/ui/segmented";
import { SortableList } from "@/features/editors/sortable-list";
import { Switch } from "@/ui/switch";
import type { Selector } from "@/features/workflow/graph/types";
import { VariableField } from "@/features/variables/variable-field";
import { Button, IconButton } from "@/ui/button";
import { usePanel } from "../panel-context";
import { Folded, Row, Section } from "../section";
import { WriteButton } from "../write-button";
import { Bindings } from "./bindings";
import { MemorySection, ModelSection, VisionSection } from "./model-parts";
import { asJson, withItem, withoutItem, type Binding, type ModelData } from "./shared";
import { NativeSelect } from "@/ui/field";

interface Message {
  id?: string;
  role?: string;
  text?: string;
  edition_type?: string | null;
  jinja2_text?: string | null;
}

interface LlmData extends ModelData {
  prompt_template: Message[] | Message;
  prompt_config: { jinja2_variables?: Binding[] } | null;
  context: { enabled?: boolean; variable_selector?: Selector | null };
  structured_output_enabled: boolean;
  structured_output: { schema?: JsonObject } | null;
  reasoning_format: string;
}

export default function LlmPanel() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<LlmData>();
  const template = data.prompt_template ?? [];
  const completion = !Array.isArray(template);
  const messages = completion ? [template] : template;
  const context = data.context ?? {};
  const jinja = messages.some((message) => message.edition_type === "jinja2");
  const bindings = data.prompt_config?.jinja2_variables ?? [];
  const names = bindings.map((each) => each.variable);
  const blocks = context.enabled === true ? ["context"] : [];
  return (
    <>
      <ModelSection />
      <Section
        title={t("panels.llm.context")}
        hint={t("panels.llm.contextHint")}
        aside={
          <Switch bare
            label={t("panels.llm.context")}
            checked={context.enabled === true}
            disabled={disabled}
            onChange={(enabled) => set({ context: { variable_selector: [], ...context, enabled } })}
          />
        }
      >
        {context.enabled === true && (
          <VariableField
            label={t("panels.llm.contextVariable")}
            value={context.variable_selector}
            accepted={["string", "array[string]", "array[object]"]}
            clearable
            disabled={disabled}
            onChange={(variable_selector) => set({ context: { enabled: true, variable_selector } })}
          />
        )}
      </Section>
      <Section title={t("panels.llm.prompt")} required>
        {completion ? (
          <MessageEditor message={template} blocks={["histories", ...blocks]} names={names} disabled={disabled} onChange={(prompt_template) => set({ prompt_template })} />
        ) : (
          <>
            <SortableList
              items={template}
              disabled={disabled}
              nameOf={(message, at) => `${t(`panels.roles.${(message.role ?? "user") as "user"}`)} ${String(at + 1)}`}
              onChange={(prompt_template) => set({ prompt_template })}
              render={(message, at, handle) => (
                <MessageEditor
                  message={message}
                  number={at + 1}
                  handle={handle}
                  blocks={blocks}
                  names={names}
                  disabled={disabled}
                  onChange={(next) => set({ prompt_template: withItem(template, at, next) })}
                  {...(template.length > 1 ? { onRemove: () => set({ prompt_template: withoutItem(template, at) }) } : {})}
                />
              )}
            />
            {!disabled && (
              <Button
                variant="quiet"
                size="small"
                className="self-start"
                icon={<Plus size={14} strokeWidth={1.5} />}
                onClick={() => set({ prompt_template: [...template, { role: template.at(-1)?.role === "user" ? "assistant" : "user", text: "" }] })}
              >
                {t("panels.llm.addMessage")}
              </Button>
            )}
          </>
        )}
      </Section>
      {(jinja || bindings.length > 0) && (
        <Section title={t("panels.llm.jinjaVariables")} hint={t("panels.llm.jinjaHint")}>
          <Bindings
            value={bindings}
            add={t("panels.bindings.add")}
            disabled={disabled}
            onChange={(jinja2_variables) => set({ prompt_config: { ...data.prompt_config, jinja2_variables } })}
          />
        </Section>
      )}
      <MemorySection prefixes={completion} />
      <VisionSection />
      <Section
        title={t("panels.llm.structured")}
        hint={t("panels.llm.structuredHint")}
        aside={
          <Switch bare
            label={t("panels.llm.structured")}
            checked={data.structured_output_enabled === true}
            disabled={disabled}
            onChange={(structured_output_enabled) => set({ structured_output_enabled })}
          />
        }
      >
        {data.structured_output_enabled === true && (
          <JsonSchemaEditor
            label={t("panels.llm.schema")}
            value={data.structured_output?.schema}
            model={asJson(data.model)}
            disabled={disabled}
            onChange={(schema) => set({ structured_output: { ...data.structured_output, schema } })}
          />
        )}
      </Section>
      <Folded title={t("panels.llm.reasoning")}>
        <Row label={t("panels.llm.reasoningFormat")} stacked>
          <Segmented
            label={t("panels.llm.reasoningFormat")}
            value={data.reasoning_format === "separated" ? "separated" : "tagged"}
            disabled={disabled}
            onChange={(reasoning_format) => set({ reasoning_format })}
            options={[
              { value: "tagged", label: t("panels.llm.tagged") },
              { value: "separated", label: t("panels.llm.separated") },
            ]}
          />
          <p className="text-12 text-muted">{t("panels.llm.reasoningHint")}</p>
        </Row>
      </Folded>
    </>
  );
}

interface MessageEditorProps {
  message: Message;
  number?: number;
  handle?: React.ReactNode;
  blocks: readonly string[];
  names: readonly string[];
  onChange: (message: Message) => void;
  onRemove?: () => void;
  disabled: boolean;
}

function MessageEditor({ message, number, handle, blocks, names, onChange, onRemove, disabled }: MessageEditorProps) {
  const { t } = useTranslation();
  const { data } = usePanel<LlmData>();
  const jinja = message.edition_type === "jinja2";
  const role = message.role ?? "user";
  const label = number === undefined ? t("panels.llm.prompt") : t("panels.llm.message", { number, role: t(`panels.roles.${role as "user"}`) });
  return (
    <PromptEditor
      key={jinja ? "jinja" : "basic"}
      label={label}
      value={(jinja ? message.jinja2_text : message.text) ?? ""}
      jinja={jinja}
      names={names}
      blocks={blocks}
      disabled={disabled}
      onChange={(text) => onChange(jinja ? { ...message, jinja2_text: text } : { ...message, text })}
      head={
        number === undefined ? undefined : (
          <span className="-ms-1.5 flex items-center gap-1">
            {handle}
            <NativeSelect
              aria-label={t("panels.llm.roleOf", { number })}
              value={role}
              disabled={disabled}
              onChange={(event) => onChange({ ...message, role: event.target.value })}
              className="h-7! w-auto! border-transparent! bg-transparent! text-12! font-medium"
            >
              {(["system", "user", "assistant"] as const).map((each) => (
                <option key={each} value={each}>
                  {t(`panels.roles.${each}`)}
                </option>
              ))}
            </NativeSelect>
          </span>
        )
      }
      tools={
        <>
          <button
            type="button"
            aria-pressed={jinja}
            disabled={disabled}
            title={t("panels.llm.jinja")}
            onClick={() =>
              onChange(jinja ? { ...message, edition_type: "basic" } : { ...message, edition_type: "jinja2", jinja2_text: message.jinja2_text || (message.text ?? "") })
            }
            className={jinja ? "rounded-sm bg-accent-soft px-1.5 text-12 text-accent" : "rounded-sm px-1.5 text-12 text-muted hover:bg-sunken"}
          >
            Jinja
          </button>
          {!jinja && !disabled && <WriteButton what="prompt" current={message.text ?? ""} model={data.model} onWritten={(text) => onChange({ ...message, text })} />}
          {onRemove !== undefined && !disabled && (
            <IconButton label={t("panels.llm.removeMessage", { number })} onClick={onRemove}>
              <Trash2 size={14} strokeWidth={1.5} />
            </IconButton>
          )}
        </>
      }
    />
  );
}
