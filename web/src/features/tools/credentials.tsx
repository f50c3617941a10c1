import { useQuery } from "@tanstack/react-query";
import { Ellipsis, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useText } from "@/features/schema-form/i18n-text";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { showToast } from "@/ui/toast";
import { credentialsQuery, useToolsChanged, type ToolCredential, type ToolProvider } from "./tools-query";

const ToolKeyDialog = lazy(() => import("./tool-key-dialog"));

interface CredentialsProps {
  provider: ToolProvider;
  /** May change them; others see that there are some. */
  administers: boolean;
}

/** The credentials of a built-in provider: several by name, one of them for calls that choose none. */
export function Credentials({ provider, administers }: CredentialsProps) {
  const { t } = useTranslation();
  const text = useText();
  const errorText = useErrorText();
  const { data, error } = useQuery(credentialsQuery(provider.name));
  const [editing, setEditing] = useState<ToolCredential | "new" | null>(null);
  const [removing, setRemoving] = useState<ToolCredential | null>(null);
  const changed = useToolsChanged();
  const params = { path: { provider: provider.name } };
  if (error !== null) return <p className="text-danger">{errorText(error)}</p>;
  if (data === undefined || data.supported_credential_types.length === 0) return null;
  const remove = async (credential: ToolCredential) => {
    await call(api.POST("/workspaces/current/tool-provider/builtin/{provider}/delete", { params, body: { credential_id: credential.id } }));
    await changed();
  };
  return (
    <section aria-label={t("tools.credentials")} className="flex flex-col gap-2">
      <h3 className="font-medium">{t("tools.credentials")}</h3>
      {data.credentials.length === 0 && <p className="text-muted">{t(provider.needs_credentials ? "tools.noCredentials" : "tools.credentialsOptional")}</p>}
      {data.credentials.length > 0 && (
        <ul className="divide-y divide-line rounded-card border border-line">
          {data.credentials.map((credential) => (
            <li key={credential.id} className="flex min-h-10 items-center gap-2 ps-3 pe-1.5">
              <span className="min-w-0 flex-1 truncate">{credential.name}</span>
              {credential.is_default && <Badge tone="ok">{t("tools.default")}</Badge>}
              {administers && (
                <CredentialMenu provider={provider} credential={credential} onEdit={() => setEditing(credential)} onRemove={() => setRemoving(credential)} />
              )}
            </li>
          ))}
        </ul>
      )}
      {administers && (
        <Button size="small" className="self-start" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => setEditing("new")}>
          {t("tools.addCredentials")}
        </Button>
      )}
      <Suspense>
        {editing !== null && (
          <ToolKeyDialog
            provider={provider.name}
            title={text(provider.label) || provider.name}
            {...(editing === "new" ? {} : { credential: editing })}
            onClose={() => setEditing(null)}
          />
        )}
      </Suspense>
      {removing !== null && (
        <ConfirmDialog
          title={t("tools.removeNamed", { name: removing.name })}
          text={t("tools.removeCredentials")}
          action={t("tools.remove")}
          onClose={() => setRemoving(null)}
          onConfirm={() => remove(removing)}
        />
      )}
    </section>
  );
}

interface CredentialMenuProps {
  provider: ToolProvider;
  credential: ToolCredential;
  onEdit: () => void;
  onRemove: () => void;
}

function CredentialMenu({ provider, credential, onEdit, onRemove }: CredentialMenuProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const changed = useToolsChanged();
  const params = { path: { provider: provider.name } };
  const attempt = async (work: Promise<unknown>, done: string) => {
    try {
      await work;
      showToast("ok", done);
    } catch (failure) {
      showToast("danger", errorText(failure));
    }
    await changed();
  };
  // What is kept is sent back as it is shown, which makes the server try it again.
  const check = () => {
    const body = { credential_id: credential.id, credentials: credential.credentials };
    void attempt(call(api.POST("/workspaces/current/tool-provider/builtin/{provider}/update", { params, body })), t("tools.works", { name: credential.name }));
  };
  const makeDefault = () => {
    const body = { id: credential.id };
    void attempt(call(api.POST("/workspaces/current/tool-provider/builtin/{provider}/default-credential", { params, body })), t("tools.isDefault", { name: credential.name }));
  };
  return (
    <Menu
      trigger={
        <IconButton label={t("tools.more", { name: credential.name })}>
          <Ellipsis size={16} strokeWidth={1.5} />
        </IconButton>
      }
    >
      <MenuItem onSelect={onEdit}>{t("tools.edit")}</MenuItem>
      <MenuItem onSelect={check}>{t("tools.check")}</MenuItem>
      {!credential.is_default && <MenuItem onSelect={makeDefault}>{t("tools.makeDefault")}</MenuItem>}
      <MenuSeparator />
      <MenuItem danger onSelect={onRemove}>
        {t("tools.remove")}
      </MenuItem>
    </Menu>
  );
}
