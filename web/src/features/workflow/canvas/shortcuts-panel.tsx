import { useTranslation } from "react-i18next";
import { Shortcut } from "@/ui/shortcut";
import { COMMANDS } from "./commands";
import { Panel } from "./side-panel";

/** Every command that has keys, and what the mouse can do. */
export function ShortcutsPanel({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("workflow.commands.shortcuts")} onClose={onClose}>
      <dl className="flex flex-col divide-y divide-line">
        {COMMANDS.filter((command) => command.keys !== undefined).map((command) => (
          <div key={command.id} className="flex items-center gap-3 py-1.5">
            <dt className="min-w-0 flex-1">{t(`workflow.commands.${command.id}`)}</dt>
            <dd className="flex gap-3">
              {command.keys?.map((keys) => (keys === "=" ? null : keys === "+" ? <kbd key={keys}>+</kbd> : <Shortcut key={keys} keys={keys} />))}
            </dd>
          </div>
        ))}
        {(["pan", "zoom", "several", "move", "dim"] as const).map((hint) => (
          <div key={hint} className="flex items-center gap-3 py-1.5">
            <dt className="min-w-0 flex-1">{t(`workflow.hints.${hint}.name`)}</dt>
            <dd className="text-end text-muted">{t(`workflow.hints.${hint}.how`)}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
