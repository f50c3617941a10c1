import { produce } from "immer";
import { createContext, useContext } from "react";
import type { NodeData } from "../graph/types";
import { useWorkflow } from "../store";

export interface Panel {
  nodeId: string;
  disabled: boolean;
}

export const PanelContext = createContext<Panel | null>(null);

function usePanelContext(): Panel {
  const panel = useContext(PanelContext);
  if (panel === null) throw new Error("No panel of a node is around this component.");
  return panel;
}

export interface PanelOf<T> extends Panel {
  data: NodeData & Partial<T>;
  /** Replaces members of the node's data. */
  set: (change: Partial<T>) => void;
  /** Changes the node's data in place. */
  update: (recipe: (data: Partial<T>) => void) => void;
}

/** The node of the panel around it. `T` are the members of its data that are read: any may be missing in older files. */
export function usePanel<T extends object>(): PanelOf<T> {
  const panel = usePanelContext();
  const { nodeId } = panel;
  const node = useWorkflow((state) => state.nodes.find((each) => each.id === nodeId));
  const updateNodeData = useWorkflow((state) => state.updateNodeData);
  return {
    ...panel,
    data: (node?.data ?? { type: "", title: "" }) as NodeData & Partial<T>,
    set: (change) => updateNodeData(nodeId, change as Partial<NodeData>),
    update: (recipe) =>
      updateNodeData(nodeId, (before) =>
        produce(before, (data) => {
          recipe(data as unknown as Partial<T>);
        }),
      ),
  };
}
