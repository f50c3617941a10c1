import clsx from "clsx";
import { createContext, useContext } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/button";
import { shortcutText } from "@/ui/shortcut";
import { useWorkflow } from "../store";
import { commandOf, type CommandId } from "./commands";

/** Runs a command of the open canvas. */
export const RunContext = createContext<(id: CommandId) => void>(() => undefined);

export function useRun(): (id: CommandId) => void {
  return useContext(RunContext);
}

export function useEnabled(id: CommandId): boolean {
  return useWorkflow(commandOf(id).enabled);
}

export function useCommandLabel(): (id: CommandId) => string {
  const { t } = useTranslation();
  return (id) => t(`workflow.commands.${id}`);
}

interface CommandButtonProps {
  id: CommandId;
  active?: boolean;
  className?: string;
}

/** An icon that runs a command; its tooltip has the name and the shortcut. */
export function CommandButton({ id, active = false, className }: CommandButtonProps) {
  const run = useRun();
  const enabled = useEnabled(id);
  const label = useCommandLabel()(id);
  const { icon: Icon, keys } = commandOf(id);
  return (
    <IconButton
      label={label}
      title={keys?.[0] === undefined ? label : `${label}  ${shortcutText(keys[0])}`}
      active={active}
      aria-pressed={active || undefined}
      className={clsx("size-8", className)}
      disabled={!enabled}
      onClick={() => run(id)}
    >
      <Icon size={16} strokeWidth={1.5} aria-hidden />
    </IconButton>
  );
}
