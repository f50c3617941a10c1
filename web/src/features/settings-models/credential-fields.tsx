import { useTranslation } from "react-i18next";
import { useText } from "@/features/schema-form/i18n-text";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { RadioCards } from "@/ui/radio-cards";
import { SecretInput } from "@/ui/secret-input";
import { Select } from "@/ui/select";
import { Switch } from "@/ui/switch";
import { isLoopback, shownOptions, type FormEntry } from "./providers";

interface CredentialFieldsProps {
  fields: readonly FormEntry[];
  values: Readonly<Record<string, string>>;
  /** What is stored, its secrets unreadable. */
  stored?: Readonly<Record<string, string | boolean>> | undefined;
  onChange: (variable: string, value: string) => void;
  /** The field at fault, and why. */
  fault?: { param: string; message: string } | undefined;
}

/** The fields of a credential form, each by its kind. */
export function CredentialFields({ fields, values, stored = {}, onChange, fault }: CredentialFieldsProps) {
  return fields.map((field) => (
    <CredentialField
      key={field.variable}
      field={field}
      values={values}
      stored={stored[field.variable]}
      onChange={(value) => onChange(field.variable, value)}
      error={fault?.param === field.variable ? fault.message : undefined}
    />
  ));
}

interface CredentialFieldProps {
  field: FormEntry;
  values: Readonly<Record<string, string>>;
  stored: string | boolean | undefined;
  onChange: (value: string) => void;
  error: string | undefined;
}

function CredentialField({ field, values, stored, onChange, error }: CredentialFieldProps) {
  const { t } = useTranslation();
  const text = useText();
  const id = `credential-${field.variable}`;
  const label = text(field.label);
  const value = values[field.variable] ?? "";
  if (field.type === "switch") return <Switch label={label} checked={value === "true"} onChange={(checked) => onChange(String(checked))} />;
  const placeholder = field.placeholder === null ? undefined : text(field.placeholder);
  const options = shownOptions(field, values).map((option) => ({ value: option.value, label: text(option.label) }));
  const known = { ...fieldProps(id, error), placeholder, value, ...(field.max_length > 0 ? { maxLength: field.max_length } : {}) };
  const kept = field.type === "secret-input" && typeof stored === "string";
  return (
    <Field id={id} label={label} optional={!field.required} error={error} hint={isLoopback(value) ? t("modelSetup.loopback") : undefined}>
      {field.type === "radio" ? (
        <RadioCards label={label} columns={2} value={value === "" ? null : value} onChange={onChange} options={options.map((each) => ({ value: each.value, title: each.label }))} />
      ) : field.type === "select" ? (
        <Select id={id} value={value === "" ? null : value} onChange={onChange} options={options} placeholder={placeholder ?? t("modelSetup.chooseOne")} />
      ) : field.type === "secret-input" ? (
        <SecretInput {...known} placeholder={kept ? t("modelSetup.keptSecret", { masked: stored }) : placeholder} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <TextInput {...known} onChange={(event) => onChange(event.target.value)} />
      )}
    </Field>
  );
}
