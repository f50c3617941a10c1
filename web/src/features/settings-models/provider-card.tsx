import clsx from "clsx";
import { ChevronRight, KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useText } from "@/features/schema-form/i18n-text";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Switch } from "@/ui/switch";
import { CredentialDialog } from "./credential-dialog";
import { CredentialList } from "./credential-list";
import { ProviderModels } from "./provider-models";
import { isSetUp, type ProviderEntry } from "./providers";
import { useChange } from "./use-change";

/** A provider: what it offers, the keys that open it, and its models. */
export function ProviderCard({ provider, mayChange }: { provider: ProviderEntry; mayChange: boolean }) {
  const { t } = useTranslation();
  const text = useText();
  const change = useChange();
  const [dialog, setDialog] = useState<"provider" | "model" | null>(null);
  const [open, setOpen] = useState(false);
  const { custom_configuration: configuration, configurate_methods: methods } = provider;
  const label = text(provider.label);
  const keyed = configuration.available_credentials.length > 0;
  const takesKey = methods.includes("predefined-model") && provider.provider_credential_schema.credential_form_schemas.length > 0;
  const setUp = isSetUp(provider);
  return (
    <article className={clsx("rounded-card border border-line bg-surface", !provider.enabled && "opacity-75")}>
      <div className="flex flex-wrap items-start gap-3 p-3">
        <span aria-hidden className="flex size-8 shrink-0 items-center justify-center rounded-control bg-accent-soft font-semibold text-accent">
          {label.slice(0, 1)}
        </span>
        <div className="min-w-48 flex-1">
          <h4 className="font-medium">{label}</h4>
          <p className="text-12 text-muted">{text(provider.description)}</p>
          <p className="mt-1.5 flex flex-wrap gap-1">
            {provider.supported_model_types.map((kind) => (
              <Badge key={kind}>{t(`modelSetup.kinds.${kind as "llm"}`)}</Badge>
            ))}
          </p>
        </div>
        {mayChange && (
          <div className="flex flex-wrap items-center gap-2">
            {takesKey && !keyed && (
              <Button size="small" icon={<KeyRound size={14} strokeWidth={1.5} />} onClick={() => setDialog("provider")}>
                {t("modelSetup.addFirstKey")}
              </Button>
            )}
            {methods.includes("customizable-model") && (
              <Button size="small" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => setDialog("model")}>
                {t("modelSetup.addModel")}
              </Button>
            )}
            {setUp && (
              <Switch
                bare
                label={t("modelSetup.enableProvider", { provider: label })}
                checked={provider.enabled}
                onChange={(enabled) =>
                  void change(api.PATCH("/workspaces/current/model-providers/{provider}/settings", { params: { path: { provider: provider.provider } }, body: { enabled } }))
                }
              />
            )}
          </div>
        )}
      </div>
      {setUp && !provider.enabled && <p className="px-3 pb-3 text-12 text-warn">{t("modelSetup.providerOff")}</p>}
      {keyed && (
        <div className="border-t border-line px-3 py-2">
          <CredentialList owner={{ provider }} mayChange={mayChange} />
        </div>
      )}
      {setUp && (
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
          {open && <ProviderModels provider={provider} mayChange={mayChange} />}
        </div>
      )}
      {dialog !== null && <CredentialDialog owner={{ provider }} newModel={dialog === "model"} onClose={() => setDialog(null)} />}
    </article>
  );
}
