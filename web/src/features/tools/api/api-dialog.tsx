import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextArea, TextInput } from "@/ui/field";
import { Spinner } from "@/ui/spinner";
import { LabelChoice } from "../label-choice";
import { useToolsChanged } from "../tools-query";
import { AuthFields } from "./auth-fields";
import { bodyOf, formOf, NEW_API, type ApiForm } from "./draft";
import { Operations, useOperations } from "./operations";
import { SchemaField } from "./schema-field";

interface ApiDialogProps {
  /** Of the API that is to be changed; a new one without. */
  name?: string;
  onClose: () => void;
  onSaved: (id: string) => void;
}

/** Makes an API a provider of tools, or changes one. */
export default function ApiDialog({ name, ...rest }: ApiDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const stored = useQuery({
    // Not below "tools", which is read anew when the API has got another name.
    queryKey: ["tools-api", name],
    enabled: name !== undefined,
    gcTime: 0,
    queryFn: ({ signal }) => call(api.GET("/workspaces/current/tool-provider/api/get", { params: { query: { provider: name ?? "" } }, signal })),
  });
  if (name === undefined) return <ApiEditor first={NEW_API} {...rest} />;
  if (stored.data !== undefined) return <ApiEditor stored={name} first={formOf(name, stored.data)} {...rest} />;
  return (
    <Dialog open size="large" title={t("tools.api.editTitle", { name })} onOpenChange={(open) => !open && rest.onClose()}>
      {stored.error === null ? <Spinner /> : <p className="text-danger">{errorText(stored.error)}</p>}
    </Dialog>
  );
}

interface ApiEditorProps {
  stored?: string;
  first: ApiForm;
  onClose: () => void;
  onSaved: (id: string) => void;
}

function ApiEditor({ stored, first, onClose, onSaved }: ApiEditorProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const changed = useToolsChanged();
  const [form, setForm] = useState(first);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const read = useOperations(form.schema);
  const change = (part: Partial<ApiForm>) => setForm((before) => ({ ...before, ...part }));
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      const body = bodyOf(form, stored);
      const { id } = await (stored === undefined
        ? call(api.POST("/workspaces/current/tool-provider/api/add", { body }))
        : call(api.POST("/workspaces/current/tool-provider/api/update", { body })));
      await changed();
      onSaved(id);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      size="large"
      title={stored === undefined ? t("tools.addApi") : t("tools.api.editTitle", { name: stored })}
      description={t("tools.api.hint")}
      onOpenChange={(open) => !open && onClose()}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" busy={busy} disabled={form.name.trim() === "" || read.found === undefined} onClick={() => void save()}>
            {t("tools.save")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="flex items-end gap-3">
          <Field id="api-icon" label={t("tools.icon")}>
            <TextInput {...fieldProps("api-icon", undefined)} className="max-w-14 text-center text-16" maxLength={8} value={form.icon.content} onChange={(event) => change({ icon: { ...form.icon, content: event.target.value } })} />
          </Field>
          <div className="min-w-0 flex-1">
            <Field id="api-name" label={t("tools.name")}>
              <TextInput {...fieldProps("api-name", undefined)} maxLength={255} value={form.name} onChange={(event) => change({ name: event.target.value })} />
            </Field>
          </div>
        </div>
        <SchemaField value={form.schema} onChange={(schema) => change({ schema })} invalid={read.error !== null} />
        <Operations form={form} stored={stored} read={read} />
        <AuthFields value={form.auth} onChange={(auth) => change({ auth })} />
        <Field id="api-description" label={t("tools.description")} optional>
          <TextArea {...fieldProps("api-description", undefined)} className="min-h-14" value={form.description} onChange={(event) => change({ description: event.target.value })} />
        </Field>
        <LabelChoice chosen={form.labels} onChange={(labels) => change({ labels })} />
        <Field id="api-privacy" label={t("tools.api.privacy")} optional hint={t("tools.api.privacyHint")}>
          <TextInput {...fieldProps("api-privacy", undefined)} value={form.privacy} onChange={(event) => change({ privacy: event.target.value })} />
        </Field>
        <Field id="api-disclaimer" label={t("tools.api.disclaimer")} optional>
          <TextInput {...fieldProps("api-disclaimer", undefined)} value={form.disclaimer} onChange={(event) => change({ disclaimer: event.target.value })} />
        </Field>
        {error !== null && (
          <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 break-words text-danger">
            {errorText(error)}
          </p>
        )}
      </div>
    </Dialog>
  );
}
