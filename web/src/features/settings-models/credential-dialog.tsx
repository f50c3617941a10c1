import { useQueryClient } from "@tanstack/react-query";
import { ExternalLink, LockKeyhole } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useText } from "@/features/schema-form/i18n-text";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { SecretInput } from "@/ui/secret-input";
import { Select } from "@/ui/select";
import { Switch } from "@/ui/switch";
import { firstValues, shownFields, type FormEntry, type ProviderEntry } from "./providers";

interface CredentialDialogProps {
  provider: ProviderEntry;
  /** A model of its own, or what opens the provider. */
  forModel: boolean;
  onClose: () => void;
}

/** Asks for a key and whatever else the provider wants; it is tried with a real call before it is kept. */
export function CredentialDialog({ provider, forModel, onClose }: CredentialDialogProps) {
  const { t } = useTranslation();
  const text = useText();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const form = (forModel ? provider.model_credential_schema : provider.provider_credential_schema).credential_form_schemas;
  const [values, setValues] = useState(() => firstValues(form));
  const [model, setModel] = useState("");
  const [kind, setKind] = useState(provider.supported_model_types[0] ?? "llm");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const fields = shownFields(form, values);
  const complete = fields.every((field) => !field.required || (values[field.variable] ?? "").trim() !== "") && (!forModel || model.trim() !== "");
  const save = async () => {
    setBusy(true);
    setError(null);
    const credentials = Object.fromEntries(fields.flatMap((field) => (values[field.variable] ? [[field.variable, values[field.variable] ?? ""]] : [])));
    const path = { provider: provider.provider };
    try {
      if (forModel) {
        const body = { model: model.trim(), model_type: kind, credentials };
        await api.POST("/workspaces/current/model-providers/{provider}/models", { params: { path }, body });
      } else {
        await api.POST("/workspaces/current/model-providers/{provider}/credentials", { params: { path }, body: { credentials } });
      }
      await queries.invalidateQueries({ queryKey: ["models"] });
      onClose();
    } catch (caught) {
      setError(errorText(caught));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="medium"
      title={t(forModel ? "modelSetup.addModelOf" : "modelSetup.setUp", { provider: text(provider.label) })}
      footer={
        <>
          <span className="mr-auto flex items-center gap-1.5 text-12 text-muted">
            <LockKeyhole size={14} strokeWidth={1.5} aria-hidden />
            {t("modelSetup.encrypted")}
          </span>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" busy={busy} disabled={!complete} onClick={() => void save()}>
            {t("modelSetup.save")}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (complete && !busy) void save();
        }}
      >
        {forModel && (
          <>
            <Field id="model-kind" label={t("modelSetup.kind")}>
              <Select
                id="model-kind"
                value={kind}
                onChange={setKind}
                options={provider.supported_model_types.map((each) => ({ value: each, label: t(`modelSetup.kinds.${each as "llm"}`) }))}
              />
            </Field>
            <Field id="model-name" label={t("modelSetup.modelName")}>
              <TextInput {...fieldProps("model-name", undefined)} value={model} onChange={(event) => setModel(event.target.value)} />
            </Field>
          </>
        )}
        {fields.map((field) => (
          <FormField
            key={field.variable}
            field={field}
            value={values[field.variable] ?? ""}
            onChange={(value) => setValues((before) => ({ ...before, [field.variable]: value }))}
          />
        ))}
        {error !== null && (
          <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 break-words text-danger">
            {error}
          </p>
        )}
        {provider.help !== null && (
          <a href={provider.help.url} target="_blank" rel="noopener noreferrer" className="inline-flex items-center gap-1 self-start text-accent hover:underline">
            {text(provider.help.title)}
            <ExternalLink size={14} strokeWidth={1.5} aria-hidden />
          </a>
        )}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

function FormField({ field, value, onChange }: { field: FormEntry; value: string; onChange: (value: string) => void }) {
  const text = useText();
  const id = `credential-${field.variable}`;
  const label = text(field.label);
  const placeholder = field.placeholder === null ? undefined : text(field.placeholder);
  if (field.type === "switch") return <Switch label={label} checked={value === "true"} onChange={(checked) => onChange(String(checked))} />;
  return (
    <Field id={id} label={label} optional={!field.required}>
      {field.type === "select" || field.type === "radio" ? (
        <Select id={id} value={value === "" ? null : value} onChange={onChange} options={field.options.map((option) => ({ value: option.value, label: text(option.label) }))} />
      ) : field.type === "secret-input" ? (
        <SecretInput {...fieldProps(id, undefined)} placeholder={placeholder} value={value} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <TextInput {...fieldProps(id, undefined)} placeholder={placeholder} value={value} onChange={(event) => onChange(event.target.value)} />
      )}
    </Field>
  );
}
