import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useCommands, type Command } from "@/features/commands/registry";
import { useWorkflow } from "../store";
import { useRun } from "./canvas-commands";
import { COMMANDS, isShown, type CommandId } from "./commands";

const GROUPS = ["build", "edit", "look", "run"] as const;
type Group = (typeof GROUPS)[number];

/** Commands that are not of the group "run". */
const MEMBERS: Readonly<Record<Exclude<Group, "run">, readonly CommandId[]>> = {
  build: ["add", "addAfter", "note", "connect", "open", "change", "disconnect", "organise"],
  edit: [
    "copy", "cut", "paste", "duplicate", "delete", "selectAll", "undo", "redo", "history",
    "alignLeft", "alignCenter", "alignRight", "alignTop", "alignMiddle", "alignBottom", "spreadAcross", "spreadDown",
  ],
  look: ["pointer", "hand", "fit", "actualSize", "halfSize", "zoomIn", "zoomOut", "locate", "maximise", "minimap", "next", "previous"],
}; // prettier-ignore

/** What the mouse does, and keys that belong to no command. */
const HINTS = ["pan", "zoom", "several", "move", "ends", "dim", "variable", "choose", "confirm"] as const;

/** The canvas's commands in the console's palette and in its list of keys. They are the canvas's own: it listens to them. */
export function PaletteCommands() {
  const { t } = useTranslation();
  const run = useRun();
  const mode = useWorkflow((state) => state.mode);
  const commands = useMemo((): Command[] => {
    const fitting = COMMANDS.filter(({ id }) => isShown(id, mode) && id !== "shortcuts");
    const made = fitting.map((command) => ({ group: groupOf(command.id), command }));
    return [
      ...GROUPS.flatMap((group) =>
        made
          .filter((each) => each.group === group)
          .map(({ command }) => ({
            id: `canvas.${command.id}`,
            label: t(`workflow.commands.${command.id}`),
            icon: command.icon,
            ownKeys: command.keys ?? [],
            group: t(`workflow.keyGroups.${group}`),
            perform: () => run(command.id),
          })),
      ),
      ...HINTS.map((hint) => ({
        id: `canvas.hint.${hint}`,
        label: t(`workflow.hints.${hint}.name`),
        how: t(`workflow.hints.${hint}.how`),
        group: t("workflow.keyGroups.hands"),
        onlyKeys: true,
        perform: () => undefined,
      })),
    ];
  }, [t, mode, run]);
  useCommands(commands);
  return null;
}

function groupOf(id: CommandId): Group {
  return GROUPS.find((group) => group !== "run" && MEMBERS[group].includes(id)) ?? "run";
}
