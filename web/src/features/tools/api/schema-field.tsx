import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { CodeEditor } from "@/features/editors/code-editor";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { TextInput } from "@/ui/field";
import { EXAMPLE } from "./draft";

interface SchemaFieldProps {
  value: string;
  onChange: (schema: string) => void;
  invalid: boolean;
}

/** The description of an API: pasted, written, or fetched from an address. */
export function SchemaField({ value, onChange, invalid }: SchemaFieldProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [url, setUrl] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const fetchIt = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      onChange((await call(api.GET("/workspaces/current/tool-provider/api/remote", { params: { query: { url: url.trim() } } }))).schema);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section aria-label={t("tools.api.schema")} className="flex flex-col gap-2">
      <form className="flex flex-wrap gap-2" onSubmit={(event) => void fetchIt(event)}>
        <TextInput
          className="min-w-0 flex-1 basis-60"
          type="url"
          required
          aria-label={t("tools.api.url")}
          placeholder="https://api.example.com/openapi.json"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
        <Button type="submit" busy={busy}>
          {t("tools.api.fetch")}
        </Button>
        {value === "" && <Button onClick={() => onChange(EXAMPLE)}>{t("tools.api.example")}</Button>}
      </form>
      {error !== null && (
        <p role="alert" className="break-words text-danger">
          {errorText(error)}
        </p>
      )}
      <CodeEditor label={t("tools.api.schema")} language="text" value={value} onChange={onChange} invalid={invalid} placeholder={t("tools.api.schemaHint")} minHeight={180} />
    </section>
  );
}
