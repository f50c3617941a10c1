import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { NodeIcon } from "@/ui/node-icon";
import { useCanvas, useCanvasStore } from "../canvas/ui";
import { branchesOf, sourceHandles } from "../graph/branches";
import { connect } from "../graph/editing";
import { byId } from "../graph/lookup";
import { refusalOf } from "../graph/rules";
import { documentOf, useWorkflow, useWorkflowStore } from "../store";
import { FloatingCard } from "./floating-card";
import { PickList, type Pick } from "./pick-list";

/** Connects the selected node to another one by name, for hands that stay on the keyboard. */
export function ConnectList({ surface }: { surface: () => HTMLElement | null }) {
  const { t } = useTranslation();
  const store = useWorkflowStore();
  const canvas = useCanvasStore();
  const from = useCanvas((state) => state.connectFrom);
  const nodes = useWorkflow((state) => state.nodes);
  const close = useCallback(() => canvas.setState({ connectFrom: null }), [canvas]);
  const node = byId(nodes).get(from ?? "");
  if (node === undefined) return null;
  const doc = documentOf(store.getState());
  const branches = new Map(branchesOf(node.data).map((branch) => [branch.handle, branch]));
  const items = sourceHandles(node.data).flatMap((handle) =>
    nodes.flatMap((target): Pick[] => {
      if (refusalOf(doc, { source: node.id, sourceHandle: handle, target: target.id }) !== null) return [];
      const branch = branches.get(handle);
      const way = branch === undefined ? node.data.title : `${t(`workflow.branches.${branch.kind}`)} ${branch.text}`.trim();
      return [{ id: `${handle} ${target.id}`, label: target.data.title, group: way, icon: <NodeIcon type={target.data.type} /> }];
    }),
  );
  const box = surface()?.getBoundingClientRect();
  return (
    <FloatingCard x={(box?.left ?? 0) + (box?.width ?? 0) / 2 - 170} y={(box?.top ?? 0) + 72} label={t("workflow.commands.connect")} onClose={close}>
      <PickList
        items={items}
        label={t("workflow.commands.connect")}
        placeholder={t("workflow.palette.searchNodes", { title: node.data.title })}
        empty={t("workflow.palette.noTarget")}
        onPick={(id) => {
          const at = id.lastIndexOf(" ");
          const [sourceHandle, target] = [id.slice(0, at), id.slice(at + 1)];
          store.getState().edit({ kind: "connected", subject: byId(nodes).get(target)?.data.title }, (before) =>
            connect(before, { source: node.id, sourceHandle, target }),
          );
          close();
        }}
        onClose={close}
      />
    </FloatingCard>
  );
}
