import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { MoreHorizontal, Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Menu, MenuItem } from "@/ui/menu";
import { Spinner } from "@/ui/spinner";
import { Switch } from "@/ui/switch";
import { CredentialDialog } from "./credential-dialog";
import { credentialsQuery, INHERITED, type Credential, type Owner } from "./providers";
import { useChange } from "./use-change";

interface CredentialListProps {
  owner: Owner;
  mayChange: boolean;
}

/** The credentials of a provider or model: which is used, or which take turns, and which of them rest. */
export function CredentialList({ owner, mayChange }: CredentialListProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const change = useChange();
  const [editing, setEditing] = useState<Credential | "new" | null>(null);
  const [removing, setRemoving] = useState<Credential | null>(null);
  const { data, error } = useQuery(credentialsQuery(owner));
  if (error !== null) return <p className="text-danger">{errorText(error)}</p>;
  if (data === undefined) return <Spinner />;
  const { provider, model } = owner;
  const path = { provider: provider.provider };
  const inherits = model !== undefined && provider.custom_configuration.current_credential_id !== null && !data.configs.some((each) => each.name === INHERITED);
  const several = data.configs.length + Number(inherits) > 1;
  const taking = data.configs.filter((each) => each.enabled).length;
  const balance = (on: boolean) =>
    change(
      model === undefined
        ? api.PATCH("/workspaces/current/model-providers/{provider}/settings", { params: { path }, body: { load_balancing_enabled: on } })
        : api.PATCH("/workspaces/current/model-providers/{provider}/models/settings", {
            params: { path },
            body: { model: model.model, model_type: model.model_type, load_balancing_enabled: on, list_price: false },
          }),
    );
  return (
    <div className="flex flex-col gap-2">
      <ul className="flex flex-col">
        {inherits && !data.enabled && <InheritedRow name={provider.custom_configuration.current_credential_name ?? ""} used={!data.configs.some((each) => each.active)} />}
        {data.configs.map((each) => (
          <CredentialRow
            key={each.id}
            owner={owner}
            credential={each}
            balanced={data.enabled}
            mayChange={mayChange}
            onEdit={() => setEditing(each)}
            onRemove={() => setRemoving(each)}
          />
        ))}
      </ul>
      {data.enabled && taking < 2 && <p className="rounded-control bg-warn-soft px-3 py-2 text-warn">{t("modelSetup.tooFewTurns")}</p>}
      {mayChange && (
        <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
          {(several || data.enabled) && <Switch label={t("modelSetup.turns")} hint={t("modelSetup.turnsHint")} checked={data.enabled} onChange={(on) => void balance(on)} />}
          <Button size="small" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => setEditing("new")}>
            {t("modelSetup.addKey")}
          </Button>
        </div>
      )}
      {editing !== null && <CredentialDialog owner={owner} credential={editing === "new" ? undefined : editing} onClose={() => setEditing(null)} />}
      {removing !== null && (
        <ConfirmDialog
          title={t("modelSetup.removeKeyTitle", { name: removing.name })}
          text={t("modelSetup.removeKeyText")}
          action={t("modelSetup.remove")}
          onClose={() => setRemoving(null)}
          onConfirm={() => change(api.DELETE("/workspaces/current/model-providers/{provider}/credentials", { params: { path }, body: { credential_id: removing.id } }))}
        />
      )}
    </div>
  );
}

function InheritedRow({ name, used }: { name: string; used: boolean }) {
  const { t } = useTranslation();
  return (
    <li className="flex min-h-9 items-center gap-2">
      <span aria-hidden className="size-2 shrink-0 rounded-full bg-ok" />
      <span className="min-w-0 flex-1 truncate">{t("modelSetup.inherited", { name })}</span>
      {used && <Badge>{t("modelSetup.inUse")}</Badge>}
    </li>
  );
}

interface CredentialRowProps {
  owner: Owner;
  credential: Credential;
  balanced: boolean;
  mayChange: boolean;
  onEdit: () => void;
  onRemove: () => void;
}

function CredentialRow({ owner, credential, balanced, mayChange, onEdit, onRemove }: CredentialRowProps) {
  const { t } = useTranslation();
  const change = useChange();
  const inherited = credential.name === INHERITED;
  const name = inherited ? t("modelSetup.inherited", { name: owner.provider.custom_configuration.current_credential_name ?? "" }) : credential.name;
  const path = { provider: owner.provider.provider };
  const off = balanced && !credential.enabled;
  const bounds = [
    credential.concurrency === null ? null : t("modelSetup.boundAtOnce", { count: credential.concurrency }),
    credential.requests_per_minute === null ? null : t("modelSetup.boundPerMinute", { count: credential.requests_per_minute }),
    credential.timeout === null ? null : t("modelSetup.boundTimeout", { count: credential.timeout }),
  ].filter((each) => each !== null);
  const put = (enabled: boolean) =>
    change(api.PUT("/workspaces/current/model-providers/{provider}/credentials", { params: { path }, body: { credential_id: credential.id, enabled } }));
  return (
    <li className="flex min-h-9 flex-wrap items-center gap-x-2">
      <span aria-hidden className={clsx("size-2 shrink-0 rounded-full", off ? "bg-line-strong" : credential.in_cooldown ? "bg-warn" : "bg-ok")} />
      <span className={clsx("min-w-0 flex-1 truncate", off && "text-muted")}>
        {name}
        {bounds.length > 0 && <span className="ms-2 text-12 text-muted">{bounds.join(" · ")}</span>}
      </span>
      {credential.in_cooldown && <Badge tone="warn">{t("modelSetup.rests", { count: credential.ttl })}</Badge>}
      {!balanced && credential.active && <Badge>{t("modelSetup.inUse")}</Badge>}
      {mayChange && !balanced && !credential.active && !inherited && owner.model?.fetch_from !== "predefined-model" && (
        <Button
          size="small"
          variant="quiet"
          onClick={() =>
            void change(api.POST("/workspaces/current/model-providers/{provider}/credentials/switch", { params: { path }, body: { credential_id: credential.id } }))
          }
        >
          {t("modelSetup.use")}
        </Button>
      )}
      {mayChange && balanced && <Switch bare label={t("modelSetup.takesTurns", { name })} checked={credential.enabled} onChange={(on) => void put(on)} />}
      {mayChange && !inherited && (
        <Menu
          trigger={
            <IconButton label={t("modelSetup.actionsOf", { name })}>
              <MoreHorizontal size={16} strokeWidth={1.5} />
            </IconButton>
          }
        >
          <MenuItem icon={<Pencil size={16} strokeWidth={1.5} />} onSelect={onEdit}>
            {t("modelSetup.change")}
          </MenuItem>
          <MenuItem danger icon={<Trash2 size={16} strokeWidth={1.5} />} onSelect={onRemove}>
            {t("modelSetup.remove")}
          </MenuItem>
        </Menu>
      )}
      {credential.in_cooldown && credential.reason !== "" && <p className="w-full ps-4 pb-1 text-12 break-words text-muted">{credential.reason}</p>}
    </li>
  );
}
