import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { JsonValue } from "@/api/json";
import { CommittedInput } from "@/features/editors/committed-input";
import { NumberSlider } from "@/features/editors/number-slider";
import { PromptEditor } from "@/features/editors/prompt-editor";
import { Segmented } from "@/ui/segmented";
import { SortableList } from "@/features/editors/sortable-list";
import { Switch } from "@/ui/switch";
import { LINES, TagInput } from "@/ui/tag-input";
import { freshId } from "@/features/conditions/conditions";
import { nameProblem } from "@/features/variables/tokens";
import { VariableField } from "@/features/variables/variable-field";
import { Button, IconButton } from "@/ui/button";
import { NativeSelect, TextInput } from "@/ui/field";
import { withoutLooseEdges } from "../../graph/editing";
import type { NodeData } from "../../graph/types";
import { useWorkflow } from "../../store";
import { usePanel } from "../panel-context";
import { Row, Section } from "../section";
import { useRemoveOutput, useRenameOutput } from "../use-outputs";
import { FileRules, type FileRulesData } from "./file-rules";
import { freeName, withItem, withoutItem } from "./shared";

interface Source {
  type?: string;
  selector?: string[];
  value?: JsonValue;
}

interface Question extends FileRulesData {
  type: string;
  output_variable_name: string;
  default?: Source | null;
  placeholder?: Source | null;
  option_source?: Source | null;
  number_limits?: number | null;
}

interface Action {
  id: string;
  title: string;
  button_style?: string;
}

interface Recipient {
  type: string;
  user_id?: string;
  email?: string;
}

interface Mail {
  recipients?: { whole_workspace?: boolean; items?: Recipient[] };
  subject?: string;
  body?: string;
  debug_mode?: boolean;
}

interface Delivery {
  id?: string;
  type: string;
  enabled?: boolean;
  config?: Mail;
}

interface HumanInputData {
  delivery_methods: Delivery[];
  form_content: string;
  inputs: Question[];
  user_actions: Action[];
  timeout: number;
  timeout_unit: string;
}

const QUESTIONS = ["paragraph", "select", "file", "file-list"] as const;
const STYLES = ["primary", "default", "accent", "ghost"] as const;

export default function HumanInputPanel() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<HumanInputData>();
  return (
    <>
      <DeliverySection />
      <Section title={t("panels.human.form")} hint={t("panels.human.formHint")} required>
        <PromptEditor label={t("panels.human.form")} value={data.form_content ?? ""} disabled={disabled} minHeight={120} onChange={(form_content) => set({ form_content })} />
      </Section>
      <QuestionsSection />
      <ActionsSection />
      <Section title={t("panels.human.timeout")} hint={t("panels.human.timeoutHint")}>
        <div className="flex items-center gap-2">
          <NumberSlider label={t("panels.human.timeout")} value={data.timeout ?? 36} disabled={disabled} onChange={(timeout) => set({ timeout: Math.max(1, Math.round(timeout)) })} />
          <Segmented
            label={t("panels.human.unit")}
            value={data.timeout_unit === "day" ? "day" : "hour"}
            disabled={disabled}
            onChange={(timeout_unit) => set({ timeout_unit })}
            options={[
              { value: "hour", label: t("panels.human.hour") },
              { value: "day", label: t("panels.human.day") },
            ]}
          />
        </div>
      </Section>
    </>
  );
}

/** How people learn of the form: a link in the web app, mails. */
function DeliverySection() {
  const { t } = useTranslation();
  const { data, set, disabled } = usePanel<HumanInputData>();
  const methods = data.delivery_methods ?? [];
  const at = (type: string) => methods.findIndex((each) => each.type === type);
  const toggle = (type: string, on: boolean) => {
    const position = at(type);
    const known = methods[position];
    const fresh: Delivery = { id: freshId(), type, enabled: on, ...(type === "email" ? { config: { recipients: { whole_workspace: true, items: [] }, subject: "", body: "", debug_mode: false } } : {}) };
    set({ delivery_methods: known === undefined ? [...methods, fresh] : withItem(methods, position, { ...known, enabled: on }) });
  };
  const email = methods[at("email")];
  const mail = email?.config ?? {};
  const setMail = (part: Partial<Mail>) => {
    if (email !== undefined) set({ delivery_methods: withItem(methods, at("email"), { ...email, config: { ...mail, ...part } }) });
  };
  const recipients = mail.recipients ?? {};
  return (
    <Section title={t("panels.human.delivery")} required>
      {(["webapp", "email"] as const).map((type) => (
        <Row key={type} label={t(`panels.human.${type}`)} hint={t(`panels.human.${type}Hint`)}>
          <Switch bare label={t(`panels.human.${type}`)} checked={methods[at(type)] !== undefined && methods[at(type)]?.enabled !== false} disabled={disabled} onChange={(on) => toggle(type, on)} />
        </Row>
      ))}
      {email !== undefined && email.enabled !== false && (
        <div className="flex flex-col gap-3 rounded-card border border-line p-3">
          <Row label={t("panels.human.everyone")}>
            <Switch bare label={t("panels.human.everyone")} checked={recipients.whole_workspace === true} disabled={disabled} onChange={(whole_workspace) => setMail({ recipients: { ...recipients, whole_workspace } })} />
          </Row>
          <Row label={t("panels.human.addresses")} stacked>
            <TagInput separator={LINES}
              label={t("panels.human.addresses")}
              placeholder="name@example.com"
              value={(recipients.items ?? []).filter((each) => each.type === "external").map((each) => each.email ?? "")}
              disabled={disabled}
              onChange={(addresses) =>
                setMail({
                  recipients: {
                    ...recipients,
                    items: [...(recipients.items ?? []).filter((each) => each.type !== "external"), ...addresses.map((address) => ({ type: "external", email: address }))],
                  },
                })
              }
            />
          </Row>
          <Row label={t("panels.human.subject")} stacked>
            <PromptEditor kind="line" label={t("panels.human.subject")} value={mail.subject ?? ""} disabled={disabled} onChange={(subject) => setMail({ subject })} />
          </Row>
          <PromptEditor label={t("panels.human.body")} placeholder={t("panels.human.bodyHint", { url: "{{#url#}}" })} value={mail.body ?? ""} disabled={disabled} onChange={(body) => setMail({ body })} />
          <Row label={t("panels.human.debug")} hint={t("panels.human.debugHint")}>
            <Switch bare label={t("panels.human.debug")} checked={mail.debug_mode === true} disabled={disabled} onChange={(debug_mode) => setMail({ debug_mode })} />
          </Row>
        </div>
      )}
    </Section>
  );
}

function QuestionsSection() {
  const { t } = useTranslation();
  const { nodeId, data, set, disabled } = usePanel<HumanInputData>();
  const rename = useRenameOutput<HumanInputData>(nodeId);
  const { remove, dialog } = useRemoveOutput(nodeId);
  const inputs = data.inputs ?? [];
  const names = inputs.map((each) => each.output_variable_name);
  const marker = (name: string) => `{{#$output.${name}#}}`;
  const change = (at: number, part: Partial<Question>) => {
    const before = inputs[at];
    if (before !== undefined) set({ inputs: withItem(inputs, at, { ...before, ...part }) });
  };
  return (
    <Section title={t("panels.human.inputs")} hint={t("panels.human.inputsHint")}>
      <SortableList
        items={inputs}
        disabled={disabled}
        nameOf={(each) => each.output_variable_name}
        onChange={(sorted) => set({ inputs: sorted })}
        render={(input, at, handle) => (
          <div className="flex flex-col gap-2 rounded-card border border-line p-2">
            <div className="flex items-start gap-1">
              {handle}
              <CommittedInput
                label={t("panels.human.name")}
                value={input.output_variable_name}
                disabled={disabled}
                check={(name) => {
                  const problem = nameProblem(name, names.filter((_, other) => other !== at));
                  return problem === null ? null : t(`editors.name.${problem}`);
                }}
                onCommit={(name) =>
                  rename(input.output_variable_name, name, (draft) => {
                    const renamed = draft.inputs?.[at];
                    if (renamed !== undefined) renamed.output_variable_name = name;
                    draft.form_content = (draft.form_content ?? "").replaceAll(marker(input.output_variable_name), marker(name));
                  })
                }
                className="min-w-0 flex-1 font-mono"
              />
              <NativeSelect
                aria-label={t("editors.schema.typeOf", { name: input.output_variable_name })}
                value={input.type === "text_input" ? "paragraph" : input.type}
                disabled={disabled}
                onChange={(event) => change(at, { type: event.target.value, ...(event.target.value === "select" ? { option_source: { type: "constant", selector: [], value: [] } } : {}) })}
                className="h-8! w-28! text-13!"
              >
                {QUESTIONS.map((type) => (
                  <option key={type} value={type}>
                    {t(`panels.inputTypes.${type}`)}
                  </option>
                ))}
              </NativeSelect>
              {!disabled && (
                <IconButton
                  label={t("panels.removeItem", { name: input.output_variable_name })}
                  onClick={() =>
                    remove([input.output_variable_name], () =>
                      set({ inputs: withoutItem(inputs, at), form_content: (data.form_content ?? "").replaceAll(marker(input.output_variable_name), "") }),
                    )
                  }
                >
                  <Trash2 size={14} strokeWidth={1.5} />
                </IconButton>
              )}
            </div>
            {!(data.form_content ?? "").includes(`.${input.output_variable_name}#}}`) && !disabled && (
              <button
                type="button"
                className="self-start text-12 text-accent hover:underline"
                onClick={() => set({ form_content: `${data.form_content ?? ""}${(data.form_content ?? "") === "" ? "" : "\n\n"}${marker(input.output_variable_name)}` })}
              >
                {t("panels.human.place")}
              </button>
            )}
            {(input.type === "paragraph" || input.type === "text_input") && (
              <SourceField label={t("panels.human.default")} value={input.default ?? input.placeholder ?? null} disabled={disabled} onChange={(next) => change(at, { default: next })} />
            )}
            {input.type === "select" && (
              <SourceField list label={t("panels.human.options")} value={input.option_source ?? null} disabled={disabled} onChange={(option_source) => change(at, { option_source })} />
            )}
            {(input.type === "file" || input.type === "file-list") && <FileRules value={input} disabled={disabled} onChange={(part) => change(at, part)} />}
            {input.type === "file-list" && (
              <Row label={t("panels.start.maxFiles")}>
                <NumberSlider label={t("panels.start.maxFiles")} value={input.number_limits ?? 5} min={1} max={20} disabled={disabled} onChange={(number_limits) => change(at, { number_limits: Math.round(number_limits) })} />
              </Row>
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
          onClick={() => {
            const name = freeName("comment", names);
            const content = data.form_content ?? "";
            set({
              inputs: [...inputs, { type: "paragraph", output_variable_name: name, default: { type: "constant", selector: [], value: "" } }],
              form_content: `${content}${content === "" ? "" : "\n\n"}${marker(name)}`,
            });
          }}
        >
          {t("panels.human.addInput")}
        </Button>
      )}
      {dialog}
    </Section>
  );
}

interface SourceFieldProps {
  label: string;
  value: Source | null;
  onChange: (source: Source) => void;
  disabled: boolean;
  list?: boolean;
}

/** A value that is written down, or read from a variable. */
function SourceField({ label, value, onChange, disabled, list = false }: SourceFieldProps) {
  const { t } = useTranslation();
  const variable = value?.type === "variable";
  const base = { selector: value?.selector ?? [], value: value?.value ?? (list ? [] : "") };
  return (
    <div className="flex flex-col gap-1">
      <Row label={label}>
        <Segmented
          label={label}
          value={variable ? "variable" : "constant"}
          disabled={disabled}
          onChange={(type) => onChange({ ...base, type })}
          options={[
            { value: "constant", label: t("panels.constant") },
            { value: "variable", label: t("panels.variable") },
          ]}
        />
      </Row>
      {variable ? (
        <VariableField label={label} value={base.selector} accepted={list ? ["array[string]"] : ["string", "number"]} disabled={disabled} onChange={(selector) => onChange({ ...base, type: "variable", selector })} />
      ) : list ? (
        <TagInput separator={LINES} label={label} value={Array.isArray(base.value) ? base.value.map(String) : []} disabled={disabled} onChange={(options) => onChange({ ...base, type: "constant", value: options })} />
      ) : (
        <TextInput aria-label={label} value={typeof base.value === "string" ? base.value : ""} disabled={disabled} onChange={(event) => onChange({ ...base, type: "constant", value: event.target.value })} className="h-8! text-13!" />
      )}
    </div>
  );
}

function ActionsSection() {
  const { t } = useTranslation();
  const { nodeId, data, set, disabled } = usePanel<HumanInputData>();
  const edit = useWorkflow((state) => state.edit);
  const actions = data.user_actions ?? [];
  const ids = actions.map((each) => each.id);
  const setData = (user_actions: Action[], handles: (handle: string) => string) =>
    edit({ kind: "nodeChanged", subject: data.title }, (doc) =>
      withoutLooseEdges(
        {
          ...doc,
          nodes: doc.nodes.map((node) => (node.id === nodeId ? { ...node, data: { ...node.data, user_actions } as unknown as NodeData } : node)),
          edges: doc.edges.map((edge) => (edge.source === nodeId && edge.sourceHandle ? { ...edge, sourceHandle: handles(edge.sourceHandle) } : edge)),
        },
        nodeId,
      ),
    );
  return (
    <Section title={t("panels.human.actions")} hint={t("panels.human.actionsHint")} required>
      <SortableList
        items={actions}
        disabled={disabled}
        nameOf={(each) => each.title}
        onChange={(sorted) => set({ user_actions: sorted })}
        render={(action, at, handle) => (
          <div className="flex min-w-0 items-start gap-1">
            {handle}
            <CommittedInput
              label={t("panels.human.actionId")}
              value={action.id}
              disabled={disabled}
              check={(id) => {
                const problem = nameProblem(id, ids.filter((_, other) => other !== at), 20);
                return problem === null ? null : t(`editors.name.${problem}`);
              }}
              // The way out is known by the id: its edges go with it.
              onCommit={(id) => setData(withItem(actions, at, { ...action, id }), (way) => (way === action.id ? id : way))}
              className="w-28 shrink-0 font-mono"
            />
            <TextInput
              aria-label={t("panels.human.actionTitle")}
              value={action.title}
              maxLength={100}
              disabled={disabled}
              onChange={(event) => set({ user_actions: withItem(actions, at, { ...action, title: event.target.value }) })}
              className="h-8! text-13!"
            />
            <NativeSelect
              aria-label={t("panels.human.style")}
              value={action.button_style ?? "default"}
              disabled={disabled}
              onChange={(event) => set({ user_actions: withItem(actions, at, { ...action, button_style: event.target.value }) })}
              className="h-8! w-24! shrink-0 text-13!"
            >
              {STYLES.map((style) => (
                <option key={style} value={style}>
                  {t(`panels.human.style-${style}`)}
                </option>
              ))}
            </NativeSelect>
            {!disabled && actions.length > 1 && (
              <IconButton label={t("panels.removeItem", { name: action.title })} onClick={() => setData(withoutItem(actions, at), (way) => way)}>
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
          onClick={() => set({ user_actions: [...actions, { id: freeName("action", ids), title: t("panels.human.newAction"), button_style: "default" }] })}
        >
          {t("panels.human.addAction")}
        </Button>
      )}
    </Section>
  );
}
