import { CircleQuestionMark, Info } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { commandOf, type CommandId } from "./commands";
import { useCommandLabel, useEnabled, useRun } from "./canvas-commands";
import { isNote } from "../graph/kinds";
import { byId } from "../graph/lookup";
import { useWorkflow } from "../store";
import { useCanvas, useCanvasStore, type MenuAt } from "./ui";

type Told = "help" | "about";
type Entry = CommandId | Told | "-";

const TOLD = { help: CircleQuestionMark, about: Info };

const ENTRIES: Record<MenuAt["kind"] | "several", readonly Entry[]> = {
  node: ["open", "runStep", "addAfter", "connect", "change", "-", "copy", "cut", "duplicate", "-", "disconnect", "delete", "-", "help", "about"],
  several: [
    "copy", "cut", "duplicate", "-", "alignLeft", "alignCenter", "alignRight", "alignTop", "alignMiddle", "alignBottom",
    "spreadAcross", "spreadDown", "-", "disconnect", "delete",
  ],
  edge: ["delete"],
  pane: ["add", "note", "paste", "-", "selectAll", "organise", "fit", "-", "exportFile", "importFile", "exportImage"],
}; // prettier-ignore

/** The menu of a card, an edge or the empty canvas, where it was asked for. */
export function CanvasMenu() {
  const canvas = useCanvasStore();
  const at = useCanvas((state) => state.menu);
  const several = useWorkflow((state) => state.selectedNodeIds.size > 1);
  if (at === null) return null;
  const entries = ENTRIES[at.kind === "node" && several ? "several" : at.kind];
  return (
    <Menu
      open
      align="start"
      onOpenChange={(open) => {
        if (!open) canvas.setState({ menu: null });
      }}
      trigger={<span aria-hidden tabIndex={-1} className="fixed size-0" style={{ left: at.x, top: at.y }} />}
    >
      {entries.map((entry, index) => {
        if (entry === "-") return <MenuSeparator key={index} />;
        return entry === "help" || entry === "about" ? <Telling key={entry} topic={entry} /> : <Entry key={entry} id={entry} />;
      })}
    </Menu>
  );
}

function Entry({ id }: { id: CommandId }) {
  const run = useRun();
  const enabled = useEnabled(id);
  const label = useCommandLabel()(id);
  const { icon: Icon, keys } = commandOf(id);
  return (
    <MenuItem icon={<Icon size={16} strokeWidth={1.5} aria-hidden />} danger={id === "delete"} disabled={!enabled} shortcut={keys?.[0]} onSelect={() => run(id)}>
      {label}
    </MenuItem>
  );
}

/** Says what the node is for. A note speaks for itself. */
function Telling({ topic }: { topic: Told }) {
  const { t } = useTranslation();
  const canvas = useCanvasStore();
  const node = useWorkflow((state) => byId(state.nodes).get([...state.selectedNodeIds][0] ?? ""));
  const Icon = TOLD[topic];
  return (
    <MenuItem
      icon={<Icon size={16} strokeWidth={1.5} aria-hidden />}
      disabled={node === undefined || isNote(node)}
      onSelect={() => canvas.setState({ dialog: node === undefined ? null : { tell: topic, id: node.id } })}
    >
      {t(`workflow.commands.${topic}`)}
    </MenuItem>
  );
}
