import { useQueryClient } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { ExternalLink, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { isJsonObject, type JsonObject } from "@/api/json";
import { appQuery } from "@/features/apps/apps-query";
import { ModelField } from "@/features/model-picker/model-field";
import type { ModelSettings } from "@/features/model-picker/models";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { showToast } from "@/ui/toast";
import { FeaturesBlock, KnowledgeBlock, PromptBlock, ToolsBlock, VariablesBlock } from "./blocks";
import type { AppDetail, BasicMode } from "./configuration";
import { Preview } from "./preview";

interface ConfigurationPageProps {
  app: AppDetail;
  editable: boolean;
}

/** A chatbot, agent or text generator: what it is told at the left, trying it at the right. Publishing makes it live. */
export function ConfigurationPage({ app, editable }: ConfigurationPageProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const mode = app.mode as BasicMode;
  const [saved, setSaved] = useState<JsonObject>(() => ({ ...(app.configuration ?? {}) }) as JsonObject);
  const [configuration, setConfiguration] = useState(saved);
  const [hash, setHash] = useState(app.draft_hash);
  const [busy, setBusy] = useState(false);
  const changed = JSON.stringify(configuration) !== JSON.stringify(saved);
  useBlocker({
    shouldBlockFn: () => changed && !window.confirm(t("orchestration.leave")),
    enableBeforeUnload: () => changed,
  });
  const publish = async () => {
    setBusy(true);
    try {
      const params = { path: { app_id: app.id } };
      const answer = await call(api.POST("/apps/{app_id}/model-config", { params, body: { configuration, hash } }));
      setHash(answer.hash);
      setSaved(configuration);
      await queries.invalidateQueries({ queryKey: appQuery(app.id).queryKey });
      showToast("ok", t("orchestration.published"));
    } catch (error) {
      showToast("danger", errorText(error));
    } finally {
      setBusy(false);
    }
  };
  const blocks = { configuration, onChange: setConfiguration };
  const model = isJsonObject(configuration.model) ? (configuration.model as ModelSettings) : null;
  const page = app.enable_site ? app.site?.url : undefined;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
        <div className="min-w-48 flex-1">
          <ModelField
            label={t("orchestration.model")}
            value={model}
            disabled={!editable}
            onChange={(next) => setConfiguration({ ...configuration, model: { ...model, ...next } })}
          />
        </div>
        {changed && (
          <Button size="small" icon={<RotateCcw size={14} strokeWidth={1.5} />} onClick={() => setConfiguration(saved)}>
            {t("orchestration.discard")}
          </Button>
        )}
        {page !== undefined && (
          <Button size="small" icon={<ExternalLink size={14} strokeWidth={1.5} />} onClick={() => window.open(page, "_blank", "noopener")}>
            {t("orchestration.open")}
          </Button>
        )}
        <Button size="small" variant="primary" busy={busy} disabled={!editable || !changed} onClick={() => void publish()}>
          {t("orchestration.publish")}
        </Button>
      </header>
      <div className="grid min-h-0 flex-1 gap-px bg-line max-lg:auto-rows-max max-lg:overflow-y-auto lg:grid-cols-2">
        <fieldset disabled={!editable} className="flex min-w-0 flex-col gap-3 bg-bg p-3 lg:min-h-0 lg:overflow-y-auto">
          <legend className="sr-only">{t("orchestration.settings")}</legend>
          <PromptBlock {...blocks} mode={mode} />
          <VariablesBlock {...blocks} />
          <KnowledgeBlock {...blocks} />
          {mode === "agent-chat" && <ToolsBlock {...blocks} />}
          <FeaturesBlock {...blocks} mode={mode} />
        </fieldset>
        <Preview appId={app.id} mode={mode} configuration={configuration} />
      </div>
    </div>
  );
}
