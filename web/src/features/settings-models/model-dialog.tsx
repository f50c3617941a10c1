import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useText } from "@/features/schema-form/i18n-text";
import { Button } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { Dialog } from "@/ui/dialog";
import { Tabs, type Tab } from "@/ui/tabs";
import { CredentialList } from "./credential-list";
import { ModelPrice } from "./model-price";
import type { ModelEntry, ProviderEntry } from "./providers";
import { StandIns } from "./stand-ins";
import { useChange } from "./use-change";

type Part = "keys" | "standIns" | "price";

interface ModelDialogProps {
  provider: ProviderEntry;
  model: ModelEntry;
  onClose: () => void;
}

/** What the workspace decides about one model: its keys and their turns, who stands in for it, what it costs. */
export function ModelDialog({ provider, model, onClose }: ModelDialogProps) {
  const { t } = useTranslation();
  const text = useText();
  const change = useChange();
  const keyed = provider.configurate_methods.includes("customizable-model") || provider.provider_credential_schema.credential_form_schemas.length > 0;
  const tabs: Tab<Part>[] = [
    ...(keyed ? [{ id: "keys" as const, label: t("modelSetup.keys") }] : []),
    ...(["llm", "rerank"].includes(model.model_type) ? [{ id: "standIns" as const, label: t("modelSetup.standIns"), count: model.fallbacks.length }] : []),
    { id: "price", label: t("modelSetup.price") },
  ];
  const [part, setPart] = useState<Part>(tabs[0]?.id ?? "price");
  const [removing, setRemoving] = useState(false);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="medium"
      title={text(model.label)}
      description={`${text(provider.label)} · ${t(`modelSetup.kinds.${model.model_type as "llm"}`)}`}
      footer={
        <>
          {model.fetch_from === "customizable-model" && (
            <Button variant="quiet" className="mr-auto text-danger" icon={<Trash2 size={14} strokeWidth={1.5} />} onClick={() => setRemoving(true)}>
              {t("modelSetup.removeModel")}
            </Button>
          )}
          <Button onClick={onClose}>{t("common.close")}</Button>
        </>
      }
    >
      <Tabs label={text(model.label)} tabs={tabs} value={part} onChange={setPart}>
        <div className="pt-4">
          {part === "keys" && (
            <div className="flex flex-col gap-3">
              <p className="text-muted">{t(model.fetch_from === "customizable-model" ? "modelSetup.keysOfOwn" : "modelSetup.keysOfListed")}</p>
              <CredentialList owner={{ provider, model }} mayChange />
            </div>
          )}
          {part === "standIns" && <StandIns provider={provider} model={model} />}
          {part === "price" && <ModelPrice provider={provider.provider} model={model.model} kind={model.model_type} />}
        </div>
      </Tabs>
      {removing && (
        <ConfirmDialog
          title={t("modelSetup.removeModelTitle", { model: model.model })}
          text={t("modelSetup.removeModelText")}
          action={t("modelSetup.remove")}
          onClose={() => setRemoving(false)}
          onConfirm={async () => {
            const body = { model: model.model, model_type: model.model_type };
            const path = { provider: provider.provider };
            if (await change(api.DELETE("/workspaces/current/model-providers/{provider}/models", { params: { path }, body }))) onClose();
          }}
        />
      )}
    </Dialog>
  );
}
