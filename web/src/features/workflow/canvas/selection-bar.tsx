import { useTranslation } from "react-i18next";
import { useWorkflow } from "../store";
import { BAR } from "./bars";
import { CommandButton } from "./canvas-commands";
import type { CommandId } from "./commands";

const ARRANGE: readonly CommandId[] = ["copy", "duplicate", "delete", "alignLeft", "alignCenter", "alignRight", "alignTop", "alignMiddle", "alignBottom", "spreadAcross", "spreadDown"];

/** Above the canvas while several nodes are selected. */
export function SelectionBar() {
  const { t } = useTranslation();
  const count = useWorkflow((state) => state.selectedNodeIds.size);
  return (
    <div
      role="toolbar"
      aria-label={t("workflow.canvas.selected", { count })}
      className={`${BAR} absolute top-3 left-1/2 max-w-[calc(100%-96px)] -translate-x-1/2 items-center overflow-x-auto shadow-float`}
    >
      <span className="px-2 text-12 whitespace-nowrap text-muted">{t("workflow.canvas.selected", { count })}</span>
      {ARRANGE.map((id) => (
        <CommandButton key={id} id={id} />
      ))}
    </div>
  );
}
