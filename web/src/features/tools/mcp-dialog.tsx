import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, fieldProps, TextInput } from "@/ui/field";
import { SecretInput } from "@/ui/secret-input";
import { Segmented } from "@/ui/segmented";
import { identifierFor, mcpBodyOf, mcpFormOf, NEW_SERVER, type Header, type McpForm } from "./mcp";
import { useToolsChanged, type ToolProvider } from "./tools-query";

interface McpDialogProps {
  /** The one that is to be changed; a new one without. */
  server?: ToolProvider;
  onClose: () => void;
  onSaved: (id: string) => void;
}

/** Adds an MCP server, or changes one. It is asked for its tools at once. */
export default function McpDialog({ server, onClose, onSaved }: McpDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const changed = useToolsChanged();
  const [form, setForm] = useState(() => (server === undefined ? NEW_SERVER : mcpFormOf(server)));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const change = (part: Partial<McpForm>) => setForm((before) => ({ ...before, ...part }));
  const complete = form.name.trim() !== "" && form.identifier.trim() !== "" && form.address.trim() !== "";
  const rename = (name: string) => {
    const followed = server === undefined && form.identifier === identifierFor(form.name);
    change({ name, ...(followed ? { identifier: identifierFor(name) } : {}) });
  };
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      const body = mcpBodyOf(form, server);
      const { id } = await (server === undefined
        ? call(api.POST("/workspaces/current/tool-provider/mcp", { body }))
        : call(api.PUT("/workspaces/current/tool-provider/mcp", { body: { ...body, provider_id: server.id } })));
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
      size="medium"
      title={server === undefined ? t("tools.addMcp") : t("tools.mcp.editTitle", { name: server.name })}
      description={t("tools.mcp.hint")}
      onOpenChange={(open) => !open && onClose()}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" form="mcp-server" variant="primary" busy={busy} disabled={!complete}>
            {t("tools.mcp.connect")}
          </Button>
        </>
      }
    >
      <form
        id="mcp-server"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (complete && !busy) void save();
        }}
      >
        <Field id="mcp-address" label={t("tools.mcp.address")} hint={t(server === undefined ? "tools.mcp.addressHint" : "tools.mcp.addressKept")}>
          <TextInput {...fieldProps("mcp-address", undefined)} placeholder="https://example.com/mcp" maxLength={4096} value={form.address} onChange={(event) => change({ address: event.target.value })} />
        </Field>
        <div className="flex items-end gap-3">
          <Field id="mcp-icon" label={t("tools.icon")}>
            <TextInput {...fieldProps("mcp-icon", undefined)} className="max-w-14 text-center text-16" maxLength={8} value={form.icon.content} onChange={(event) => change({ icon: { ...form.icon, content: event.target.value } })} />
          </Field>
          <div className="min-w-0 flex-1">
            <Field id="mcp-name" label={t("tools.name")}>
              <TextInput {...fieldProps("mcp-name", undefined)} maxLength={40} value={form.name} onChange={(event) => rename(event.target.value)} />
            </Field>
          </div>
        </div>
        <Field id="mcp-identifier" label={t("tools.mcp.identifier")} hint={t(server === undefined ? "tools.mcp.identifierHint" : "tools.mcp.identifierKept")}>
          <TextInput {...fieldProps("mcp-identifier", undefined)} className="max-w-80 font-mono" pattern="[A-Za-z0-9][A-Za-z0-9_\-]*" maxLength={64} value={form.identifier} onChange={(event) => change({ identifier: event.target.value })} />
        </Field>
        <Headers headers={form.headers} onChange={(headers) => change({ headers })} />
        <div className="grid grid-cols-2 gap-3">
          <Field id="mcp-timeout" label={t("tools.mcp.timeout")}>
            <TextInput {...fieldProps("mcp-timeout", undefined)} type="number" min={1} max={600} required value={form.timeout} onChange={(event) => change({ timeout: event.target.valueAsNumber || 0 })} />
          </Field>
          <Field id="mcp-read-timeout" label={t("tools.mcp.readTimeout")}>
            <TextInput {...fieldProps("mcp-read-timeout", undefined)} type="number" min={1} max={3600} required value={form.readTimeout} onChange={(event) => change({ readTimeout: event.target.valueAsNumber || 0 })} />
          </Field>
        </div>
        <SignIn form={form} stored={server?.client_id != null && server.client_id !== ""} onChange={change} />
        {error !== null && (
          <p role="alert" className="rounded-control bg-danger-soft px-3 py-2 break-words text-danger">
            {errorText(error)}
          </p>
        )}
      </form>
    </Dialog>
  );
}

function Headers({ headers, onChange }: { headers: readonly Header[]; onChange: (headers: Header[]) => void }) {
  const { t } = useTranslation();
  const change = (id: number, part: Partial<Header>) => onChange(headers.map((each) => (each.id === id ? { ...each, ...part } : each)));
  const next = Math.max(-1, ...headers.map(({ id }) => id)) + 1;
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium">{t("tools.mcp.headers")}</legend>
      {headers.map(({ id, name, value }, at) => (
        <div key={id} className="flex items-center gap-2">
          <TextInput className="min-w-0 flex-1" aria-label={t("tools.mcp.headerName", { number: at + 1 })} placeholder="Authorization" value={name} onChange={(event) => change(id, { name: event.target.value })} />
          <div className="min-w-0 flex-1">
            <SecretInput aria-label={t("tools.mcp.headerValue", { number: at + 1 })} value={value} onChange={(event) => change(id, { value: event.target.value })} />
          </div>
          <IconButton label={t("tools.mcp.removeHeader", { number: at + 1 })} onClick={() => onChange(headers.filter((each) => each.id !== id))}>
            <Trash2 size={16} strokeWidth={1.5} />
          </IconButton>
        </div>
      ))}
      <Button size="small" className="self-start" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => onChange([...headers, { id: next, name: "", value: "" }])}>
        {t("tools.mcp.addHeader")}
      </Button>
      {headers.length > 0 && <p className="text-12 text-muted">{t("tools.mcp.headersHint", { example: "{{request.headers.X-User-Token}}" })}</p>}
    </fieldset>
  );
}

interface SignInProps {
  form: McpForm;
  /** Whether a client is stored whose secret may stay. */
  stored: boolean;
  onChange: (part: Partial<McpForm>) => void;
}

/** Who we are to a server that wants a sign-in and registers no clients by itself. */
function SignIn({ form, stored, onChange }: SignInProps) {
  const { t } = useTranslation();
  return (
    <details open={form.clientId !== "" || undefined} className="rounded-card border border-line p-3">
      <summary className="cursor-pointer font-medium">{t("tools.mcp.oauth")}</summary>
      <div className="flex flex-col gap-3 pt-3">
        <p className="text-12 text-muted">{t("tools.mcp.oauthHint")}</p>
        <Segmented
          label={t("tools.mcp.grant")}
          value={form.grant}
          onChange={(grant) => onChange({ grant })}
          options={(["authorization_code", "client_credentials"] as const).map((grant) => ({ value: grant, label: t(`tools.mcp.grants.${grant}`) }))}
        />
        <Field id="mcp-client" label={t("tools.mcp.clientId")} optional>
          <TextInput {...fieldProps("mcp-client", undefined)} maxLength={1024} value={form.clientId} onChange={(event) => onChange({ clientId: event.target.value })} />
        </Field>
        <Field id="mcp-secret" label={t("tools.mcp.clientSecret")} optional hint={stored ? t("tools.mcp.secretKept") : undefined}>
          <SecretInput {...fieldProps("mcp-secret", undefined)} maxLength={4096} value={form.clientSecret} onChange={(event) => onChange({ clientSecret: event.target.value })} />
        </Field>
      </div>
    </details>
  );
}
