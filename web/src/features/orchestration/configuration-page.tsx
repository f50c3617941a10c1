import { Redo2, Undo2 } from "lucide-react";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { isJsonObject, type JsonObject } from "@/api/json";
import { useCommands, type Command } from "@/features/commands/registry";
import { ModelField } from "@/features/model-picker/model-field";
import type { ModelSettings } from "@/features/model-picker/models";
import { IconButton } from "@/ui/button";
import { AgentBlock } from "./agent-block";
import type { AppDetail, BasicMode } from "./configuration";
import { FeaturesBlock } from "./features-block";
import { FilesBlock } from "./files-block";
import { KnowledgeBlock } from "./knowledge-block";
import { PromptBlock } from "./prompt-block";
import { PublishMenu } from "./publish-menu";
import { useConfiguration, type Editing } from "./use-configuration";
import { VariablesBlock } from "./variables-block";

const Preview = lazy(() => import("./preview"));

interface ConfigurationPageProps {
  app: AppDetail;
  editable: boolean;
}

/** A chatbot, agent or text generator: what it is told at the left, trying it at the right. Publishing makes it live. */
export function ConfigurationPage({ app, editable }: ConfigurationPageProps) {
  const { t } = useTranslation();
  const mode = app.mode as BasicMode;
  const editing = useConfiguration(app);
  const { configuration, change, undo, redo } = editing;
  useEditingCommands(editing, editable);
  const blocks = { configuration, change, mode, disabled: !editable };
  const model = isJsonObject(configuration.model) ? (configuration.model as ModelSettings) : null;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
        <div className="min-w-48 flex-1 lg:max-w-120">
          <ModelField
            label={t("orchestration.model")}
            value={model}
            disabled={!editable}
            onChange={(next) => change((before) => ({ ...before, model: { ...(before.model as JsonObject | null), ...(next as JsonObject) } }))}
          />
        </div>
        <div className="ms-auto flex items-center gap-2">
          <IconButton label={t("orchestration.undo")} shortcut="mod+z" disabled={undo === null} onClick={() => undo?.()}>
            <Undo2 size={16} strokeWidth={1.5} />
          </IconButton>
          <IconButton label={t("orchestration.redo")} shortcut="mod+shift+z" disabled={redo === null} onClick={() => redo?.()}>
            <Redo2 size={16} strokeWidth={1.5} />
          </IconButton>
          <PublishMenu app={app} editing={editing} editable={editable} />
        </div>
      </header>
      <div className="grid min-h-0 flex-1 gap-px bg-line max-lg:auto-rows-max max-lg:overflow-y-auto lg:grid-cols-2">
        <fieldset disabled={!editable} className="flex min-w-0 flex-col gap-3 bg-bg p-3 lg:min-h-0 lg:overflow-y-auto">
          <legend className="sr-only">{t("orchestration.settings")}</legend>
          <PromptBlock {...blocks} />
          <VariablesBlock {...blocks} />
          <KnowledgeBlock {...blocks} />
          {mode === "agent-chat" && <AgentBlock {...blocks} />}
          <FilesBlock {...blocks} />
          <FeaturesBlock {...blocks} />
        </fieldset>
        <Suspense fallback={<div className="bg-surface" />}>
          <Preview appId={app.id} mode={mode} configuration={configuration} change={change} editable={editable} />
        </Suspense>
      </div>
    </div>
  );
}

function useEditingCommands({ undo, redo, changed, publish }: Editing, editable: boolean): void {
  const { t } = useTranslation();
  const commands = useMemo<Command[]>(
    () => [
      { id: "orchestration.undo", label: t("orchestration.undo"), group: t("shell.build"), shortcut: "mod+z", enabled: undo !== null, perform: () => undo?.() },
      { id: "orchestration.redo", label: t("orchestration.redo"), group: t("shell.build"), shortcut: "mod+shift+z", enabled: redo !== null, perform: () => redo?.() },
      { id: "orchestration.publish", label: t("orchestration.publish"), group: t("shell.build"), enabled: editable && changed, perform: () => void publish() },
    ],
    [t, undo, redo, changed, publish, editable],
  );
  useCommands(commands);
}
