import { useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { SecretInput } from "@/ui/secret-input";
import { tracingQuery, type TracingProvider, type TracingShown } from "./tracing-query";

interface ProviderDialogProps {
  appId: string;
  provider: TracingProvider;
  title: string;
  configured: TracingShown | undefined;
  onClose: () => void;
}

/** The credentials of a service. They are kept once the service has accepted them. */
export function ProviderDialog({ appId, provider, title, configured, onClose }: ProviderDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(provider.fields.map(({ name, default: usual }) => [name, configured?.tracing_config[name] ?? usual])),
  );
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const complete = provider.fields.every(({ name, required }) => !required || values[name]?.trim() !== "");
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const body = { tracing_provider: provider.name, tracing_config: values };
    const params = { path: { app_id: appId } };
    try {
      await (configured === undefined
        ? call(api.POST("/apps/{app_id}/trace-config", { params, body }))
        : call(api.PATCH("/apps/{app_id}/trace-config", { params, body })));
      await queries.invalidateQueries({ queryKey: tracingQuery(appId).queryKey });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const form = `tracing-${provider.name}`;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      size="medium"
      title={title}
      description={t("tracing.checked")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" form={form} variant="primary" busy={busy} disabled={!complete}>
            {t("tracing.save")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={(event) => void save(event)} className="flex flex-col gap-4">
        {provider.fields.map(({ name, secret, required }) => {
          const id = `${form}-${name}`;
          const Input = secret ? SecretInput : TextInput;
          return (
            <Field key={name} id={id} label={t(`tracing.fields.${name}` as "tracing.fields.host")} optional={!required} hint={name === "headers" ? t("tracing.headersHint") : undefined}>
              <Input {...fieldProps(id, undefined)} value={values[name] ?? ""} onChange={(event) => setValues({ ...values, [name]: event.target.value })} />
            </Field>
          );
        })}
        {error !== null && (
          <p role="alert" className="break-words text-danger">
            {errorText(error)}
          </p>
        )}
      </form>
    </Dialog>
  );
}
