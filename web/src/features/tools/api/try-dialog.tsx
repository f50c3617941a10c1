import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useText } from "@/features/schema-form/i18n-text";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextArea, TextInput } from "@/ui/field";
import { Select } from "@/ui/select";
import type { Operation } from "../tools-query";
import { argumentsOf, credentialsOf, type ApiForm } from "./draft";

interface TryDialogProps {
  operation: Operation;
  form: ApiForm;
  /** The name of the API whose stored key may stand for a masked one. */
  stored: string | undefined;
  onClose: () => void;
}

/** Calls an operation of the description as it stands in the form, saved or not. */
export function TryDialog({ operation, form, stored, onClose }: TryDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<{ text: string; failed: boolean } | null>(null);
  const run = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setAnswer(null);
    try {
      const { result, error } = await call(
        api.POST("/workspaces/current/tool-provider/api/test/pre", {
          body: {
            tool_name: operation.operation_id,
            provider_name: stored ?? null,
            schema: form.schema,
            schema_type: "",
            credentials: credentialsOf(form.auth),
            parameters: argumentsOf(operation, values),
          },
        }),
      );
      setAnswer({ text: error ?? result ?? "", failed: error != null });
    } catch (failure) {
      setAnswer({ text: errorText(failure), failed: true });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog open size="medium" title={t("tools.api.tryNamed", { name: operation.operation_id })} description={`${operation.method.toUpperCase()} ${operation.server_url}`} onOpenChange={(open) => !open && onClose()}>
      <form className="flex flex-col gap-3" onSubmit={(event) => void run(event)}>
        {operation.parameters.map((parameter) => (
          <Argument key={parameter.name} parameter={parameter} value={values[parameter.name] ?? ""} onChange={(value) => setValues({ ...values, [parameter.name]: value })} />
        ))}
        <Button type="submit" variant="primary" className="self-start" busy={busy}>
          {t("tools.api.run")}
        </Button>
        {answer !== null && (
          <pre
            role={answer.failed ? "alert" : "status"}
            tabIndex={0}
            className={`max-h-80 overflow-auto rounded-control px-3 py-2 font-mono text-12 break-words whitespace-pre-wrap ${answer.failed ? "bg-danger-soft text-danger" : "bg-sunken"}`}
          >
            {answer.text === "" ? t("tools.api.emptyAnswer") : answer.text}
          </pre>
        )}
      </form>
    </Dialog>
  );
}

interface ArgumentProps {
  parameter: Operation["parameters"][number];
  value: string;
  onChange: (value: string) => void;
}

function Argument({ parameter, value, onChange }: ArgumentProps) {
  const { t } = useTranslation();
  const text = useText();
  const id = `try-${parameter.name}`;
  const about = text(parameter.human_description) || parameter.llm_description;
  const options = parameter.type === "boolean" ? (["true", "false"] as const).map((each) => ({ value: each, label: t(`tools.${each}`) })) : parameter.options.map((option) => ({ value: option.value, label: option.value }));
  const shared = { ...fieldProps(id, undefined), required: parameter.required, value, placeholder: parameter.default == null ? "" : JSON.stringify(parameter.default) };
  return (
    <Field id={id} label={parameter.name} optional={!parameter.required} aside={<span className="text-12 text-muted">{parameter.type}</span>} hint={about === "" ? undefined : about}>
      {options.length > 0 ? (
        <Select<string> id={id} value={value === "" ? null : value} onChange={onChange} options={options} placeholder={t("common.choose")} />
      ) : parameter.type === "object" || parameter.type === "array" ? (
        <TextArea {...shared} className="font-mono text-12" spellCheck={false} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <TextInput {...shared} onChange={(event) => onChange(event.target.value)} />
      )}
    </Field>
  );
}
