import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "@/ui/dialog";
import { shortcutText } from "@/ui/shortcut";
import { currentCommands, keysOf, onCommandsChange, type Command } from "./registry";

/** Every key that works on this page, made from the commands that are on it. */
export default function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const commands = useSyncExternalStore(onCommandsChange, currentCommands).filter((each) => each.how !== undefined || keysOf(each).length > 0);
  const groups = [...new Set(commands.map(({ group }) => group))];
  return (
    <Dialog open onOpenChange={onClose} size="large" title={t("commands.shortcuts")} description={t("commands.shortcutsText")}>
      <div tabIndex={0} role="group" aria-label={t("commands.shortcuts")} className="columns-1 gap-8 outline-offset-4 sm:columns-2">
        {groups.map((group) => (
          <section key={group} className="mb-6 break-inside-avoid">
            <h3 className="mb-1 font-medium">{group}</h3>
            <dl>
              {commands.filter((each) => each.group === group).map((command) => (
                <Keys key={command.id} command={command} />
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

function Keys({ command }: { command: Command }) {
  return (
    <div className="flex min-h-8 items-center justify-between gap-3 border-b border-line last:border-0">
      <dt className="min-w-0">{command.label}</dt>
      <dd className="flex flex-wrap justify-end gap-1 py-1">
        {keysOf(command).map((keys) => (
          <kbd key={keys} className="rounded-sm border border-line bg-sunken px-1.5 py-0.5 font-sans text-12 whitespace-nowrap">
            {shortcutText(keys)}
          </kbd>
        ))}
        {command.how !== undefined && <span className="text-end text-12 text-muted">{command.how}</span>}
      </dd>
    </div>
  );
}
