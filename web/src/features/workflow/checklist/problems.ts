import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { byId } from "../graph/lookup";
import { problemsOf } from "../graph/problems";
import { documentOf, useSaveState, useWorkflow } from "../store";
import { workflowApi } from "../store/api";

export interface ListedProblem {
  key: string;
  severity: "error" | "warning";
  kind: string;
  nodeId: string | null;
  /** The setting, or the place in the app's file. */
  field: string | null;
  message: string;
}

/** What shows in the document at once, and what the server found in the saved draft; said only once. */
export function useProblems(): readonly ListedProblem[] {
  const { t } = useTranslation();
  const appId = useWorkflow((state) => state.appId);
  const mode = useWorkflow((state) => state.mode);
  const nodes = useWorkflow((state) => state.nodes);
  const edges = useWorkflow((state) => state.edges);
  const environmentVariables = useWorkflow((state) => state.environmentVariables);
  const conversationVariables = useWorkflow((state) => state.conversationVariables);
  const pipelineVariables = useWorkflow((state) => state.pipelineVariables);
  const features = useWorkflow((state) => state.features);
  const hash = useSaveState((state) => state.hash);
  const now = useMemo(
    () => documentOf({ nodes, edges, environmentVariables, conversationVariables, pipelineVariables, features }),
    [nodes, edges, environmentVariables, conversationVariables, pipelineVariables, features],
  );
  // Looked through after the change is on the screen.
  const doc = useDeferredValue(now);
  const { data } = useQuery({
    queryKey: ["draft-check", appId, hash],
    queryFn: () => workflowApi.check(appId),
    placeholderData: (before) => before,
    meta: { console: true },
  });
  const local = useMemo(() => problemsOf(doc, mode), [doc, mode]);
  return useMemo(() => {
    const index = byId(doc.nodes);
    const seen = new Set(local.map((problem) => `${problem.kind} ${problem.nodeId ?? ""}`));
    const here = local.map((problem, at): ListedProblem => ({
      key: `${problem.kind} ${problem.nodeId ?? ""} ${at}`,
      severity: problem.severity,
      kind: problem.kind,
      nodeId: problem.nodeId,
      field: null,
      message: t(`workflow.problems.${problem.kind}`, { detail: problem.detail }),
    }));
    const server = (data?.data ?? []).flatMap((finding, at): ListedProblem[] => {
      if (finding.node_id !== null && !index.has(finding.node_id)) return [];
      if (seen.has(`${finding.kind} ${finding.node_id ?? ""}`) || LOCAL.has(finding.kind)) return [];
      return [{ key: `server ${finding.kind} ${at}`, severity: finding.severity, kind: finding.kind, nodeId: finding.node_id, field: finding.field, message: finding.message }];
    });
    return [...here, ...server].toSorted((a, b) => a.severity.localeCompare(b.severity));
  }, [doc, local, data, t]);
}

/** Kinds that are found here, at once and for what is not saved yet. */
const LOCAL = new Set(["unreachable-node", "no-result", "no-root", "unknown-reference"]);
