import { MoreHorizontal, X } from "lucide-react";
import type { MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import { i18nText } from "@/features/schema-form/i18n-text";
import type { NodeType } from "@/features/schema-form/node-types";
import { IconButton } from "@/ui/button";
import { NodeIcon } from "@/ui/node-icon";
import type { FlowNode } from "../graph/types";
import { CommandButton } from "../canvas/canvas-commands";
import { useCanvasStore } from "../canvas/ui";
import { useOpenPanel, useWorkflow, useWorkflowStore } from "../store";

/** The name and the note of a node, to be written over. */
export function TitleFields({ node, type }: { node: FlowNode; type: NodeType | undefined }) {
  const { t, i18n } = useTranslation();
  const update = useWorkflow((state) => state.updateNodeData);
  const editable = useWorkflow((state) => state.editable);
  const openPanel = useOpenPanel();
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const openMenu = (event: MouseEvent<HTMLButtonElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    store.getState().select([node.id]);
    canvas.setState({ menu: { kind: "node", x: box.left, y: box.bottom + 4 } });
  };
  const kind = i18nText(type?.title, i18n.language) || node.data.type;
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-center gap-2">
        <NodeIcon type={node.data.type} />
        <input
          aria-label={t("panels.title")}
          value={node.data.title}
          disabled={!editable}
          placeholder={kind}
          maxLength={100}
          onChange={(event) => update(node.id, { title: event.target.value }, { history: "nodeRenamed" })}
          className="h-8 min-w-0 flex-1 rounded-control border border-transparent bg-transparent px-1.5 text-16 font-semibold hover:border-line focus:border-accent focus:outline-none"
        />
        <CommandButton id="runStep" className="size-7!" />
        <IconButton label={t("nodes.head.more", { title: node.data.title })} onClick={openMenu}>
          <MoreHorizontal size={16} strokeWidth={1.5} />
        </IconButton>
        <IconButton label={t("common.close")} onClick={() => openPanel(null)}>
          <X size={16} strokeWidth={1.5} />
        </IconButton>
      </div>
      <textarea
        aria-label={t("panels.note")}
        value={node.data.desc ?? ""}
        disabled={!editable}
        placeholder={t("panels.noteHint")}
        rows={1}
        onChange={(event) => update(node.id, { desc: event.target.value }, { history: "nodeDescribed" })}
        className="field-sizing-content max-h-40 resize-none rounded-control border border-transparent bg-transparent px-1.5 py-1 text-muted hover:border-line focus:border-accent focus:text-text focus:outline-none"
      />
      {type !== undefined && (
        <p className="px-1.5 text-12 text-muted">
          {kind} · {i18nText(type.description, i18n.language)}
        </p>
      )}
    </div>
  );
}
