import clsx from "clsx";
import { Copy, Plus, Square, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { JsonObject } from "@/api/json";
import { ModelField } from "@/features/model-picker/model-field";
import type { ModelSettings } from "@/features/model-picker/models";
import { Button, IconButton } from "@/ui/button";
import type { BasicMode } from "./configuration";
import { Conversation } from "./conversation";
import type { Trials } from "./use-trials";

/** One of several models that are asked the same. */
export interface Pane {
  key: string;
  model: ModelSettings;
}

export const MOST_PANES = 4;

interface ComparedPanesProps {
  appId: string;
  panes: readonly Pane[];
  onChange: (panes: readonly Pane[]) => void;
  trials: Trials;
  mode: BasicMode;
  configuration: JsonObject;
  /** Makes the model of a pane that of the app. */
  onUse: (model: ModelSettings) => void;
}

/** Up to four models side by side, each with its own parameters and conversation. */
export function ComparedPanes({ appId, panes, onChange, trials, mode, configuration, onUse }: ComparedPanesProps) {
  const { t } = useTranslation();
  const add = (model: ModelSettings, at: number) => onChange(panes.toSpliced(at, 0, { key: crypto.randomUUID(), model }));
  return (
    <div className="flex flex-1 flex-col gap-3">
      <div className={clsx("grid flex-1 gap-3", panes.length > 1 && "xl:grid-cols-2")}>
        {panes.map((pane, at) => (
          <section key={pane.key} aria-label={t("orchestration.pane", { number: at + 1 })} className="flex min-h-40 min-w-0 flex-col rounded-card border border-line bg-bg">
            <header className="flex flex-wrap items-center gap-1 border-b border-line p-1.5">
              <div className="min-w-40 flex-1">
                <ModelField
                  label={t("orchestration.modelOf", { number: at + 1 })}
                  value={pane.model}
                  onChange={(model) => onChange(panes.with(at, { ...pane, model }))}
                />
              </div>
              <IconButton label={t("orchestration.duplicatePane", { number: at + 1 })} disabled={panes.length >= MOST_PANES} onClick={() => add(pane.model, at + 1)}>
                <Copy size={14} strokeWidth={1.5} />
              </IconButton>
              <IconButton label={t("orchestration.removePane", { number: at + 1 })} disabled={panes.length === 1} onClick={() => onChange(panes.toSpliced(at, 1))}>
                <Trash2 size={14} strokeWidth={1.5} />
              </IconButton>
            </header>
            <div className="min-h-0 flex-1 overflow-y-auto p-3">
              <Conversation appId={appId} mode={mode} configuration={{ ...configuration, opening_statement: "", model: pane.model as JsonObject }} trials={trials} pane={pane.key} />
            </div>
            <footer className="flex items-center justify-end gap-2 border-t border-line p-1.5">
              {trials.answering(pane.key) && (
                <Button size="small" icon={<Square size={12} fill="currentColor" />} aria-label={t("orchestration.stopPane", { number: at + 1 })} onClick={() => trials.stop(pane.key)}>
                  {t("chat.stop")}
                </Button>
              )}
              <Button size="small" disabled={(pane.model.name ?? "") === "" || trials.busy} onClick={() => onUse(pane.model)}>
                {t("orchestration.useThis")}
              </Button>
            </footer>
          </section>
        ))}
      </div>
      {panes.length < MOST_PANES && (
        <Button size="small" variant="quiet" className="self-start" icon={<Plus size={14} strokeWidth={1.5} />} onClick={() => add({}, panes.length)}>
          {t("orchestration.addPane")}
        </Button>
      )}
    </div>
  );
}
