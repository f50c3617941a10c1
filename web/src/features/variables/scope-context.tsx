import { createContext, useContext, useMemo } from "react";
import { useWorkflow } from "@/features/workflow/store";
import { scopeOf, type VariableScope } from "./scope";

const NOTHING: VariableScope = {
  groups: [],
  resolve: (selector) => ({ state: "missing", type: "any", title: selector[0] ?? "", nodeType: null, path: selector.slice(1).join(".") }),
};

/** The variables that may be chosen in the forms below it. Without one there are none. */
export const ScopeContext = createContext<VariableScope>(NOTHING);

export function useScope(): VariableScope {
  return useContext(ScopeContext);
}

/** What a node may read; with `body`, what a container may take out of its steps. */
export function useScopeOf(nodeId: string, body = false): VariableScope {
  const nodes = useWorkflow((state) => state.nodes);
  const edges = useWorkflow((state) => state.edges);
  const environmentVariables = useWorkflow((state) => state.environmentVariables);
  const conversationVariables = useWorkflow((state) => state.conversationVariables);
  const pipelineVariables = useWorkflow((state) => state.pipelineVariables);
  const mode = useWorkflow((state) => state.mode);
  return useMemo(
    () => scopeOf({ nodes, edges, environmentVariables, conversationVariables, pipelineVariables }, mode, nodeId, { body }),
    [nodes, edges, environmentVariables, conversationVariables, pipelineVariables, mode, nodeId, body],
  );
}
