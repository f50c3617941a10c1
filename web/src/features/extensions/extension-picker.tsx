import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useId, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { SecretInput } from "@/ui/secret-input";
import { Select } from "@/ui/select";

interface Extension {
  id: string;
  name: string;
  api_endpoint: string;
}

const KEY = ["api-extensions"];

interface ExtensionPickerProps {
  value: string;
  onChange: (id: string) => void;
  label: string;
  disabled?: boolean;
}

/** One of the workspace's API extensions, or a new one. */
export function ExtensionPicker({ value, onChange, label, disabled = false }: ExtensionPickerProps) {
  const { t } = useTranslation();
  const [adding, setAdding] = useState(false);
  const { data, isSuccess } = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await call(api.GET("/api-based-extension", { signal }))) as unknown as Extension[],
  });
  const gone = isSuccess && value !== "" && !data.some((extension) => extension.id === value);
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className="flex min-w-0 items-center gap-2">
        <Select
          label={label}
          value={gone || value === "" ? null : value}
          disabled={disabled}
          placeholder={t("extensions.choose")}
          onChange={onChange}
          options={(data ?? []).map((extension) => ({ value: extension.id, label: extension.name, hint: extension.api_endpoint }))}
        />
        {!disabled && (
          <Button size="small" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => setAdding(true)}>
            {t("extensions.add")}
          </Button>
        )}
      </div>
      {gone && <p className="text-12 text-danger">{t("extensions.gone")}</p>}
      {adding && (
        <AddExtension
          onClose={() => setAdding(false)}
          onAdded={(id) => {
            setAdding(false);
            onChange(id);
          }}
        />
      )}
    </div>
  );
}

/** The server calls the endpoint before it keeps it. */
function AddExtension({ onClose, onAdded }: { onClose: () => void; onAdded: (id: string) => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const id = useId();
  const [name, setName] = useState("");
  const [endpoint, setEndpoint] = useState("");
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const body = { name: name.trim(), api_endpoint: endpoint.trim(), api_key: key };
      const added = (await call(api.POST("/api-based-extension", { body }))) as unknown as Extension;
      await queries.invalidateQueries({ queryKey: KEY });
      onAdded(added.id);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("extensions.title")} description={t("extensions.text")}>
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
        <Field id={`${id}-key`} label={t("extensions.key")} hint={t("extensions.keyHint")}>
          <SecretInput {...fieldProps(`${id}-key`, undefined)} required minLength={5} maxLength={4096} value={key} onChange={(event) => setKey(event.target.value)} />
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
