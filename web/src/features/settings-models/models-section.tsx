import { useQuery, useQueryClient } from "@tanstack/react-query";
import clsx from "clsx";
import { ChevronRight, KeyRound, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useAccount } from "@/features/account/account-context";
import { useText } from "@/features/schema-form/i18n-text";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { TextInput } from "@/ui/field";
import { Spinner } from "@/ui/spinner";
import { Switch } from "@/ui/switch";
import { showToast } from "@/ui/toast";
import { CredentialDialog } from "./credential-dialog";
import { Defaults } from "./defaults";
import { isSetUp, modelsQuery, providersQuery, type ModelEntry, type ProviderEntry } from "./providers";

/** Who answers: the providers, their keys and models, and which model is asked by default. */
export default function ModelsSection() {
  const { t } = useTranslation();
  const text = useText();
  const errorText = useErrorText();
  const { role } = useAccount();
  const mayChange = role === "owner" || role === "admin";
  const [search, setSearch] = useState("");
  const providers = useQuery(providersQuery);
  if (providers.error !== null) return <p className="text-danger">{errorText(providers.error)}</p>;
  if (providers.data === undefined) return <Spinner />;
  const wanted = search.trim().toLowerCase();
  const found = providers.data.filter((each) => `${each.provider} ${text(each.label)}`.toLowerCase().includes(wanted));
  const ready = found.filter(isSetUp);
  const rest = found.filter((each) => !isSetUp(each));
  return (
    <div className="flex flex-col gap-8">
      <Defaults editable={mayChange} />
      <TextInput type="search" aria-label={t("modelSetup.search")} placeholder={t("modelSetup.search")} value={search} onChange={(event) => setSearch(event.target.value)} />
      <Group title={t("modelSetup.ready")} providers={ready} mayChange={mayChange} empty={t("modelSetup.noneReady")} />
      <Group title={t("modelSetup.more")} providers={rest} mayChange={mayChange} empty={t("modelSetup.noneFound")} />
    </div>
  );
}

interface GroupProps {
  title: string;
  providers: readonly ProviderEntry[];
  mayChange: boolean;
  empty: string;
}

function Group({ title, providers, mayChange, empty }: GroupProps) {
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-medium">{title}</h3>
      {providers.length === 0 && <p className="text-muted">{empty}</p>}
      <ul className="flex flex-col gap-2">
        {providers.map((provider) => (
          <li key={provider.provider}>
            <ProviderCard provider={provider} mayChange={mayChange} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ProviderCard({ provider, mayChange }: { provider: ProviderEntry; mayChange: boolean }) {
  const { t } = useTranslation();
  const text = useText();
  const [dialog, setDialog] = useState<"provider" | "model" | null>(null);
  const [open, setOpen] = useState(false);
  const { custom_configuration: configuration, configurate_methods: methods } = provider;
  const keys = configuration.available_credentials;
  return (
    <article className="rounded-card border border-line bg-surface">
      <div className="flex flex-wrap items-start gap-3 p-3">
        <div className="min-w-48 flex-1">
          <h4 className="font-medium">{text(provider.label)}</h4>
          <p className="text-12 text-muted">{text(provider.description)}</p>
          <p className="mt-1.5 flex flex-wrap gap-1">
            {provider.supported_model_types.map((kind) => (
              <Badge key={kind}>{t(`modelSetup.kinds.${kind as "llm"}`)}</Badge>
            ))}
          </p>
        </div>
        {mayChange && (
          <div className="flex flex-wrap gap-2">
            {methods.includes("predefined-model") && provider.provider_credential_schema.credential_form_schemas.length > 0 && (
              <Button size="small" icon={<KeyRound size={14} strokeWidth={1.5} />} onClick={() => setDialog("provider")}>
                {keys.length > 0 ? t("modelSetup.addKey") : t("modelSetup.addFirstKey")}
              </Button>
            )}
            {methods.includes("customizable-model") && (
              <Button size="small" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => setDialog("model")}>
                {t("modelSetup.addModel")}
              </Button>
            )}
          </div>
        )}
      </div>
      {keys.length > 0 && <Keys provider={provider} mayChange={mayChange} />}
      {isSetUp(provider) && (
        <div className="border-t border-line">
          <button
            type="button"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
            className="flex min-h-9 w-full items-center gap-1.5 rounded-card px-3 text-12 text-muted hover:text-text"
          >
            <ChevronRight size={14} className={clsx("transition-transform", open && "rotate-90")} aria-hidden />
            {t("modelSetup.models")}
          </button>
          {open && <Models provider={provider} mayChange={mayChange} />}
        </div>
      )}
      {dialog !== null && <CredentialDialog provider={provider} forModel={dialog === "model"} onClose={() => setDialog(null)} />}
    </article>
  );
}

function Keys({ provider, mayChange }: { provider: ProviderEntry; mayChange: boolean }) {
  const { t } = useTranslation();
  const change = useChange();
  const [removing, setRemoving] = useState<string | null>(null);
  const { available_credentials: keys, current_credential_id: current } = provider.custom_configuration;
  const path = { provider: provider.provider };
  return (
    <ul className="border-t border-line px-3 py-1.5">
      {keys.map((key) => (
        <li key={key.credential_id} className="flex min-h-8 items-center gap-2">
          <span aria-hidden className="size-2 rounded-full bg-ok" />
          <span className="min-w-0 flex-1 truncate">{key.credential_name}</span>
          {key.credential_id === current ? (
            <Badge>{t("modelSetup.inUse")}</Badge>
          ) : (
            mayChange && (
              <Button
                size="small"
                variant="quiet"
                onClick={() =>
                  void change(
                    api.POST("/workspaces/current/model-providers/{provider}/credentials/switch", { params: { path }, body: { credential_id: key.credential_id } }),
                  )
                }
              >
                {t("modelSetup.use")}
              </Button>
            )
          )}
          {mayChange && (
            <IconButton label={t("modelSetup.removeKey", { name: key.credential_name })} onClick={() => setRemoving(key.credential_id)}>
              <Trash2 size={16} strokeWidth={1.5} />
            </IconButton>
          )}
        </li>
      ))}
      {removing !== null && (
        <ConfirmDialog
          title={t("modelSetup.removeKeyTitle")}
          text={t("modelSetup.removeKeyText")}
          action={t("modelSetup.remove")}
          onClose={() => setRemoving(null)}
          onConfirm={() =>
            change(api.DELETE("/workspaces/current/model-providers/{provider}/credentials", { params: { path }, body: { credential_id: removing } }))
          }
        />
      )}
    </ul>
  );
}

function Models({ provider, mayChange }: { provider: ProviderEntry; mayChange: boolean }) {
  const errorText = useErrorText();
  const models = useQuery(modelsQuery(provider.provider));
  if (models.error !== null) return <p className="px-3 pb-3 text-danger">{errorText(models.error)}</p>;
  if (models.data === undefined) return <p className="px-3 pb-3">{<Spinner />}</p>;
  return (
    <ul className="px-3 pb-2">
      {models.data.map((model) => (
        <ModelRow key={`${model.model_type} ${model.model}`} provider={provider} model={model} mayChange={mayChange} />
      ))}
    </ul>
  );
}

function ModelRow({ provider, model, mayChange }: { provider: ProviderEntry; model: ModelEntry; mayChange: boolean }) {
  const { t } = useTranslation();
  const change = useChange();
  const path = { provider: provider.provider };
  const body = { model: model.model, model_type: model.model_type };
  const size = model.model_properties.context_size;
  const switchTo = (on: boolean) =>
    change(
      on
        ? api.PATCH("/workspaces/current/model-providers/{provider}/models/enable", { params: { path }, body })
        : api.PATCH("/workspaces/current/model-providers/{provider}/models/disable", { params: { path }, body }),
    );
  return (
    <li className="flex min-h-9 flex-wrap items-center gap-2">
      <span className="min-w-0 flex-1 truncate">{model.model}</span>
      <Badge>{t(`modelSetup.kinds.${model.model_type as "llm"}`)}</Badge>
      {typeof size === "number" && <span className="tabular text-12 text-muted">{t("modelSetup.context", { size: Math.round(size / 1000) })}</span>}
      {mayChange && <Switch bare label={t("modelSetup.enable", { model: model.model })} checked={model.status !== "disabled"} onChange={(on) => void switchTo(on)} />}
    </li>
  );
}

/** Does something to what is set up, and reads it anew. */
function useChange(): (work: Promise<unknown>) => Promise<void> {
  const queries = useQueryClient();
  const errorText = useErrorText();
  return async (work) => {
    try {
      await work;
      await queries.invalidateQueries({ queryKey: ["models"] });
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
}
