import { useQueryClient } from "@tanstack/react-query";
import { useId, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { SecretInput } from "@/ui/secret-input";
import { extensionsQuery, UNCHANGED_KEY, type Extension } from "./extensions-query";

interface ExtensionDialogProps {
  /** The one that is to be changed; a new one without. */
  extension?: Extension;
  onClose: () => void;
  onSaved: (extension: Extension) => void;
}

/** The server calls the endpoint before it keeps it. */
export default function ExtensionDialog({ extension, onClose, onSaved }: ExtensionDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const id = useId();
  const [name, setName] = useState(extension?.name ?? "");
  const [endpoint, setEndpoint] = useState(extension?.api_endpoint ?? "");
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const body = { name: name.trim(), api_endpoint: endpoint.trim(), api_key: key === "" ? UNCHANGED_KEY : key };
      const saved = await (extension === undefined
        ? call(api.POST("/api-based-extension", { body }))
        : call(api.POST("/api-based-extension/{extension_id}", { params: { path: { extension_id: extension.id } }, body })));
      await queries.invalidateQueries({ queryKey: extensionsQuery.queryKey });
      onSaved(saved);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={extension === undefined ? t("extensions.title") : t("extensions.editNamed", { name: extension.name })} description={t("extensions.text")}>
      <form className="flex flex-col gap-3" onSubmit={(event) => void submit(event)}>
        <Field id={`${id}-name`} label={t("extensions.name")}>
          <TextInput {...fieldProps(`${id}-name`, undefined)} required maxLength={255} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field id={`${id}-url`} label={t("extensions.endpoint")}>
          <TextInput
            {...fieldProps(`${id}-url`, undefined)}
            required
            type="url"
            maxLength={2048}
            placeholder="https://"
            value={endpoint}
            onChange={(event) => setEndpoint(event.target.value)}
          />
        </Field>
        <Field id={`${id}-key`} label={t("extensions.key")} hint={t(extension === undefined ? "extensions.keyHint" : "extensions.keyKept")}>
          <SecretInput {...fieldProps(`${id}-key`, undefined)} required={extension === undefined} minLength={5} maxLength={4096} value={key} onChange={(event) => setKey(event.target.value)} />
        </Field>
        {error !== null && (
          <p role="alert" className="break-words text-danger">
            {errorText(error)}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" variant="primary" busy={busy}>
            {t("extensions.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
