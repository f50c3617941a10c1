import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextArea, TextInput } from "@/ui/field";
import { Segmented } from "@/ui/segmented";
import { Spinner } from "@/ui/spinner";
import { LabelChoice } from "./label-choice";
import { useToolsChanged } from "./tools-query";
import { callNameFor, declaredFor, publishedFormQuery, type StartVariable, type WorkflowTool } from "./workflow-tool";

/** The workflow that is to be a tool, as its app shows it. */
export interface ToolApp {
  id: string;
  name: string;
  description: string;
}

interface WorkflowToolDialogProps {
  app: ToolApp;
  /** The tool that it is already. */
  tool: WorkflowTool | null;
  onClose: () => void;
}

/** Makes the published version of a workflow a tool, or binds its tool to the version that is published now. */
export default function WorkflowToolDialog(props: WorkflowToolDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const form = useQuery(publishedFormQuery(props.app.id));
  if (form.data !== undefined) return <ToolEditor {...props} variables={form.data} />;
  return (
    <Dialog open title={t("tools.workflow.title")} onOpenChange={(open) => !open && props.onClose()}>
      {form.error === null ? <Spinner /> : <p className="text-danger">{errorText(form.error)}</p>}
    </Dialog>
  );
}

function ToolEditor({ app, tool, variables, onClose }: WorkflowToolDialogProps & { variables: StartVariable[] }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const changed = useToolsChanged();
  const [label, setLabel] = useState(tool?.label ?? app.name);
  const [name, setName] = useState(tool?.name ?? callNameFor(app.name));
  const [description, setDescription] = useState(tool?.description ?? app.description);
  const [parameters, setParameters] = useState(() => declaredFor(variables, tool?.parameters ?? []));
  const [labels, setLabels] = useState<string[]>(tool?.labels ?? []);
  const [privacy, setPrivacy] = useState(tool?.privacy_policy ?? "");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const fits = /^\w+$/.test(name);
  const complete = fits && label.trim() !== "" && description.trim() !== "";
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      const body = { name, label, description, parameters, labels, privacy_policy: privacy, ...(tool?.icon == null ? {} : { icon: tool.icon }) };
      await (tool === null
        ? call(api.POST("/workspaces/current/tool-provider/workflow/create", { body: { ...body, workflow_app_id: app.id } }))
        : call(api.POST("/workspaces/current/tool-provider/workflow/update", { body: { ...body, workflow_tool_id: tool.workflow_tool_id } })));
      await changed();
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      size="medium"
      title={t("tools.workflow.title")}
      description={t("tools.workflow.hint")}
      onOpenChange={(open) => !open && onClose()}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" form="workflow-tool" variant="primary" busy={busy} disabled={!complete}>
            {t("tools.save")}
          </Button>
        </>
      }
    >
      <form
        id="workflow-tool"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (complete && !busy) void save();
        }}
      >
        <Field id="tool-label" label={t("tools.name")}>
          <TextInput {...fieldProps("tool-label", undefined)} maxLength={255} value={label} onChange={(event) => setLabel(event.target.value)} />
        </Field>
        <Field id="tool-name" label={t("tools.workflow.callName")} hint={t("tools.workflow.callNameHint")} error={name !== "" && !fits ? t("tools.workflow.callNameWrong") : undefined}>
          <TextInput {...fieldProps("tool-name", name !== "" && !fits ? "wrong" : undefined)} className="font-mono" maxLength={255} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field id="tool-description" label={t("tools.description")} hint={t("tools.workflow.descriptionHint")}>
          <TextArea {...fieldProps("tool-description", undefined)} className="min-h-14" value={description} onChange={(event) => setDescription(event.target.value)} />
        </Field>
        <Parameters parameters={parameters} variables={variables} onChange={setParameters} />
        <LabelChoice chosen={labels} onChange={setLabels} />
        <Field id="tool-privacy" label={t("tools.api.privacy")} optional hint={t("tools.api.privacyHint")}>
          <TextInput {...fieldProps("tool-privacy", undefined)} value={privacy} onChange={(event) => setPrivacy(event.target.value)} />
        </Field>
        {error !== null && (
          <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 break-words text-danger">
            {errorText(error)}
          </p>
        )}
      </form>
    </Dialog>
  );
}

type Declared = Schemas["DeclaredParameter"];

interface ParametersProps {
  parameters: readonly Declared[];
  variables: readonly StartVariable[];
  onChange: (parameters: Declared[]) => void;
}

/** Who gives each parameter, and what models are told about it. */
function Parameters({ parameters, variables, onChange }: ParametersProps) {
  const { t } = useTranslation();
  const change = (name: string, part: Partial<Declared>) => onChange(parameters.map((each) => (each.name === name ? { ...each, ...part } : each)));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">{t("tools.workflow.parameters")}</legend>
      {parameters.length === 0 && <p className="text-muted">{t("tools.noParameters")}</p>}
      {parameters.map(({ name, description, form }) => (
        <div key={name} className="flex flex-col gap-2 rounded-card border border-line p-3">
          <span className="flex flex-wrap items-center gap-2">
            <span className="min-w-0 flex-1 font-mono text-12 break-all">{name}</span>
            {variables.find((each) => each.variable === name)?.required === true && <span className="text-12 text-warn">{t("tools.required")}</span>}
            <Segmented
              label={t("tools.workflow.givenBy", { name })}
              value={form ?? "llm"}
              onChange={(next) => change(name, { form: next })}
              options={(["llm", "form"] as const).map((each) => ({ value: each, label: t(`tools.workflow.forms.${each}`) }))}
            />
          </span>
          <TextInput aria-label={t("tools.workflow.about", { name })} placeholder={t("tools.description")} value={description ?? ""} onChange={(event) => change(name, { description: event.target.value })} />
        </div>
      ))}
    </fieldset>
  );
}
