import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { useText } from "@/features/schema-form/i18n-text";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { SecretInput } from "@/ui/secret-input";
import { Select } from "@/ui/select";
import { Spinner } from "@/ui/spinner";

type KeyField = Schemas["CredentialFieldShown"];

interface ToolKeyDialogProps {
  /** The name of a built-in provider. */
  provider: string;
  /** What people call it. */
  title: string;
  /** Those that are to be changed; new ones without. */
  credential?: Schemas["ToolCredentialShown"];
  onClose: () => void;
}

/** Asks for what a provider of tools needs; it is tried with a real call before it is kept. */
export default function ToolKeyDialog({ provider, title, credential, onClose }: ToolKeyDialogProps) {
  const { t } = useTranslation();
  const text = useText();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const id = useId();
  const [name, setName] = useState(credential?.name ?? "");
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const params = { path: { provider } };
  const { data: fields, isError } = useQuery({
    queryKey: ["tools", "key-form", provider],
    queryFn: ({ signal }) => call(api.GET("/workspaces/current/tool-provider/builtin/{provider}/credential/schema/{credential_type}", { params: { path: { provider, credential_type: "api-key" } }, signal })),
  });
  const valueOf = (field: KeyField) => values[field.name] ?? plain(credential?.credentials[field.name] ?? (credential === undefined ? field.default : ""));
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const credentials = Object.fromEntries((fields ?? []).map((field): [string, string] => [field.name, valueOf(field)]).filter(([, value]) => value !== ""));
      await (credential === undefined
        ? call(api.POST("/workspaces/current/tool-provider/builtin/{provider}/add", { params, body: { credentials, name } }))
        : call(api.POST("/workspaces/current/tool-provider/builtin/{provider}/update", { params, body: { credentials, name, credential_id: credential.id } })));
      await queries.invalidateQueries({ queryKey: ["tools"] });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("tools.key.title", { name: title })} description={t("tools.key.hint")}>
      <form className="flex flex-col gap-3" onSubmit={(event) => void submit(event)}>
        {fields === undefined && (isError ? <p className="text-danger">{t("tools.key.failed")}</p> : <Spinner />)}
        {(fields ?? []).map((field) => {
          const shared = { id: `${id}-${field.name}`, label: text(field.label) || field.name };
          return (
            <Field
              key={field.name}
              {...shared}
              optional={!field.required}
              {...(text(field.help) === "" ? {} : { hint: text(field.help) })}
              aside={
                field.url !== "" && (
                  <a href={field.url} target="_blank" rel="noopener noreferrer" className="text-12 text-accent underline">
                    {t("tools.key.whereFrom")}
                  </a>
                )
              }
            >
              <KeyInput {...shared} field={field} value={valueOf(field)} placeholder={text(field.placeholder)} onChange={(value) => setValues({ ...values, [field.name]: value })} />
            </Field>
          );
        })}
        <Field id={`${id}-name`} label={t("tools.key.name")} optional hint={t("tools.key.nameHint")}>
          <TextInput {...fieldProps(`${id}-name`, undefined)} maxLength={255} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        {error !== null && (
          <p role="alert" className="break-words text-danger">
            {errorText(error)}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" variant="primary" busy={busy} disabled={fields === undefined || fields.some((field) => field.required && valueOf(field).trim() === "")}>
            {t("tools.key.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** A value as a text box shows it. */
function plain(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

interface KeyInputProps {
  id: string;
  label: string;
  field: KeyField;
  value: string;
  placeholder: string;
  onChange: (value: string) => void;
}

function KeyInput({ id, label, field, value, placeholder, onChange }: KeyInputProps) {
  const { t } = useTranslation();
  const text = useText();
  const options = field.type === "boolean" ? ["true", "false"].map((each) => ({ value: each, label: t(`tools.${each as "true"}`) })) : field.options.map((option) => ({ value: option.value, label: text(option.label) || option.value }));
  if (options.length > 0) {
    return (
      <Select
        id={id}
        label={label}
        value={value === "" ? null : value}
        onChange={onChange}
        options={options}
      />
    );
  }
  const Input = field.type === "secret-input" ? SecretInput : TextInput;
  return <Input {...fieldProps(id, undefined)} value={value} placeholder={placeholder} onChange={(event) => onChange(event.target.value)} />;
}
