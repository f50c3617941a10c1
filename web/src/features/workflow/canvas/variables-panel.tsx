import { useQuery } from "@tanstack/react-query";
import { Lock, Plus, Trash2, Variable } from "lucide-react";
import { useId, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { isJsonObject, parseJson, type JsonValue } from "@/api/json";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Empty } from "@/ui/empty";
import { Field, fieldProps, NativeSelect, TextArea, TextInput } from "@/ui/field";
import { readersOf } from "../graph/references";
import type { FlowDocument, FlowVariable } from "../graph/types";
import { useWorkflow, useWorkflowStore } from "../store";
import { workflowApi } from "../store/api";
import { Panel } from "./side-panel";

type Space = "env" | "conversation";

const TYPES: Record<Space, readonly string[]> = {
  env: ["string", "number", "secret"],
  conversation: ["string", "number", "boolean", "object", "array[string]", "array[number]", "array[boolean]", "array[object]"],
};

/** The environment or conversation variables of the app: add, change, rename with all that reads them, remove. */
export function VariablesPanel({ space, onClose }: { space: Space; onClose: () => void }) {
  const { t } = useTranslation();
  const store = useWorkflowStore();
  const variables = useWorkflow((state) => (space === "env" ? state.environmentVariables : state.conversationVariables));
  const nodes = useWorkflow((state) => state.nodes);
  const editable = useWorkflow((state) => state.editable);
  const [open, setOpen] = useState<string | null>(null);
  const [removing, setRemoving] = useState<FlowVariable | null>(null);
  const save = (next: readonly FlowVariable[], subject: string) => {
    const state = store.getState();
    if (space === "env") state.setEnvironmentVariables(next, subject);
    else state.setConversationVariables(next, subject);
  };
  const remove = (variable: FlowVariable) => save(variables.filter((each) => each.id !== variable.id), variable.name);
  const change = (variable: FlowVariable) => {
    const before = variables.find((each) => each.id === variable.id);
    const next = before === undefined ? [...variables, variable] : variables.map((each) => (each.id === variable.id ? variable : each));
    setOpen(null);
    if (before === undefined || before.name === variable.name) {
      save(next, variable.name);
      return;
    }
    const key = space === "env" ? "environmentVariables" : "conversationVariables";
    store.getState().renameVariable([space, before.name], [space, variable.name], (doc): FlowDocument => ({ ...doc, [key]: next }));
  };
  const add = editable && (
    <Button size="small" icon={<Plus size={14} aria-hidden />} onClick={() => setOpen("new")}>
      {t("workflow.variables.add")}
    </Button>
  );
  return (
    <Panel title={t(`workflow.variables.${space}`)} onClose={onClose} actions={add}>
      <p className="mb-3 text-muted">{t(`workflow.variables.${space}Help`)}</p>
      {open === "new" && <VariableForm space={space} taken={variables.map((each) => each.name)} onSave={change} onCancel={() => setOpen(null)} />}
      {variables.length === 0 && open === null && <Empty icon={<Variable size={28} strokeWidth={1.5} />} title={t("workflow.variables.none")} text="" action={add} />}
      <ul className="flex flex-col gap-2">
        {variables.map((variable) => (
          <li key={variable.id} className="rounded-card border border-line">
            {open === variable.id ? (
              <VariableForm
                space={space}
                variable={variable}
                taken={variables.filter((each) => each.id !== variable.id).map((each) => each.name)}
                onSave={change}
                onCancel={() => setOpen(null)}
              />
            ) : (
              <div className="flex items-center gap-2 p-1 pl-0">
                <button type="button" disabled={!editable} className="min-w-0 flex-1 rounded-control px-3 py-1 text-start" onClick={() => setOpen(variable.id)}>
                  <span className="flex items-center gap-2">
                    <span className="truncate font-mono font-medium">{variable.name}</span>
                    <span className="text-12 text-muted">{variable.value_type}</span>
                    {variable.value_type === "secret" && <Lock size={12} className="text-muted" aria-hidden />}
                  </span>
                  <span className="block truncate text-12 text-muted">{variable.description || shown(variable.value)}</span>
                </button>
                {editable && (
                  <IconButton
                    label={t("workflow.variables.remove", { name: variable.name })}
                    onClick={() => (readersOf(nodes, [space, variable.name]).length > 0 ? setRemoving(variable) : remove(variable))}
                  >
                    <Trash2 size={14} strokeWidth={1.5} aria-hidden />
                  </IconButton>
                )}
              </div>
            )}
          </li>
        ))}
      </ul>
      {removing !== null && (
        <ConfirmDialog
          title={t("workflow.variables.removeTitle", { name: removing.name })}
          text={t("workflow.variables.inUse", {
            nodes: readersOf(nodes, [space, removing.name])
              .map((node) => node.data.title)
              .join(", "),
          })}
          action={t("workflow.commands.delete")}
          onClose={() => setRemoving(null)}
          onConfirm={() => remove(removing)}
        />
      )}
    </Panel>
  );
}

interface VariableFormProps {
  space: Space;
  variable?: FlowVariable;
  taken: readonly string[];
  onSave: (variable: FlowVariable) => void;
  onCancel: () => void;
}

type Fault = "name" | "taken" | "number" | "json" | "value";

function VariableForm({ space, variable, taken, onSave, onCancel }: VariableFormProps) {
  const { t } = useTranslation();
  const id = useId();
  const [name, setName] = useState(variable?.name ?? "");
  const [type, setType] = useState(variable?.value_type ?? "string");
  const [value, setValue] = useState(variable === undefined ? "" : shown(variable.value));
  const [description, setDescription] = useState(variable?.description ?? "");
  const [fault, setFault] = useState<Fault | null>(null);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const read = valueOf(type, value);
    const found: Fault | null = !/^[a-zA-Z_][a-zA-Z0-9_]{0,29}$/.test(name)
      ? "name"
      : taken.includes(name)
        ? "taken"
        : space === "env" && value === ""
          ? "value"
          : "fault" in read
            ? read.fault
            : null;
    setFault(found);
    if (found !== null || "fault" in read) return;
    onSave({
      ...(variable ?? { id: crypto.randomUUID() }),
      name,
      description,
      value_type: type,
      value: read.value,
      selector: [space, name],
    });
  };
  const nameFault = fault === "name" || fault === "taken" ? t(`workflow.variables.faults.${fault}`) : undefined;
  const valueFault = fault === null || nameFault !== undefined ? undefined : t(`workflow.variables.faults.${fault}`);
  const long = type !== "string" && type !== "number" && type !== "secret" && type !== "boolean";
  return (
    <form className="mb-2 flex flex-col gap-3 rounded-card border border-line p-3" onSubmit={submit}>
      <Field id={`${id}-name`} label={t("workflow.variables.name")} error={nameFault}>
        <TextInput {...fieldProps(`${id}-name`, nameFault)} autoFocus value={name} maxLength={30} className="font-mono" onChange={(event) => setName(event.target.value)} />
      </Field>
      <Field id={`${id}-type`} label={t("workflow.variables.type")}>
        <NativeSelect id={`${id}-type`} value={type} onChange={(event) => setType(event.target.value)}>
          {TYPES[space].map((each) => (
            <option key={each}>{each}</option>
          ))}
        </NativeSelect>
      </Field>
      <Field id={`${id}-value`} label={t(space === "env" ? "workflow.variables.value" : "workflow.variables.default")} error={valueFault}>
        {type === "boolean" ? (
          <NativeSelect {...fieldProps(`${id}-value`, valueFault)} value={value === "true" ? "true" : "false"} onChange={(event) => setValue(event.target.value)}>
            <option>false</option>
            <option>true</option>
          </NativeSelect>
        ) : long || type === "string" ? (
          <TextArea {...fieldProps(`${id}-value`, valueFault)} className={long ? "font-mono" : ""} value={value} onChange={(event) => setValue(event.target.value)} />
        ) : (
          <TextInput
            {...fieldProps(`${id}-value`, valueFault)}
            type={type === "secret" ? "password" : "text"}
            autoComplete="off"
            inputMode={type === "number" ? "decimal" : "text"}
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        )}
      </Field>
      <Field id={`${id}-text`} label={t("workflow.variables.description")} optional>
        <TextInput id={`${id}-text`} value={description} onChange={(event) => setDescription(event.target.value)} />
      </Field>
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>{t("common.cancel")}</Button>
        <Button type="submit" variant="primary">
          {t("workflow.variables.save")}
        </Button>
      </div>
    </form>
  );
}

function shown(value: JsonValue): string {
  return typeof value === "string" ? value : value === null ? "" : JSON.stringify(value, null, 1);
}

function valueOf(type: string, text: string): { value: JsonValue } | { fault: Fault } {
  switch (type) {
    case "string":
    case "secret":
      return { value: text };
    case "number": {
      const number = Number(text === "" ? "0" : text);
      return Number.isFinite(number) ? { value: number } : { fault: "number" };
    }
    case "boolean":
      return { value: text === "true" };
    default: {
      const list = type.startsWith("array");
      const value = text.trim() === "" ? (list ? [] : {}) : parseJson(text);
      const fits = list ? Array.isArray(value) : isJsonObject(value);
      return fits && value !== undefined ? { value } : { fault: "json" };
    }
  }
}

/** The variables that every run has. */
export function SystemPanel({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const appId = useWorkflow((state) => state.appId);
  const { data = [] } = useQuery({
    queryKey: ["system-variables", appId],
    queryFn: () => workflowApi.systemVariables(appId),
    meta: { console: true },
  });
  return (
    <Panel title={t("workflow.variables.sys")} onClose={onClose}>
      <p className="mb-3 text-muted">{t("workflow.variables.sysHelp")}</p>
      <ul className="flex flex-col divide-y divide-line">
        {data.map((variable) => (
          <li key={variable.name} className="flex items-center gap-2 py-2">
            <code className="min-w-0 flex-1 truncate font-mono">{`sys.${variable.name}`}</code>
            <span className="text-12 text-muted">{variable.value_type}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
