import { useReactFlow } from "@xyflow/react";
import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Empty } from "@/ui/empty";
import { NodeIcon } from "@/ui/node-icon";
import { reveal } from "../canvas/commands";
import { Panel } from "../canvas/side-panel";
import { boxOf } from "../graph/geometry";
import { byId } from "../graph/lookup";
import { useWorkflow, useWorkflowStore } from "../store";
import type { ListedProblem } from "./problems";

interface ChecklistPanelProps {
  problems: readonly ListedProblem[];
  onClose: () => void;
}

/** What is wrong with the draft, node by node; a click goes there. */
export function ChecklistPanel({ problems, onClose }: ChecklistPanelProps) {
  const { t } = useTranslation();
  const nodes = useWorkflow((state) => state.nodes);
  const index = byId(nodes);
  const groups = group(problems);
  return (
    <Panel title={t("workflow.commands.checklist")} onClose={onClose}>
      {problems.length === 0 && <Empty icon={<CircleCheck size={28} strokeWidth={1.5} className="text-ok" />} title={t("workflow.checklist.clear")} text={t("workflow.checklist.clearText")} />}
      <ul className="flex flex-col gap-3">
        {groups.map(([nodeId, found]) => {
          const node = index.get(nodeId ?? "");
          return (
            <li key={nodeId ?? "app"} className="rounded-card border border-line">
              <div className="flex items-center gap-2 border-b border-line px-3 py-2 font-medium">
                {node === undefined ? t("workflow.checklist.app") : <NodeIcon type={node.data.type} />}
                {node?.data.title}
              </div>
              <ul>
                {found.map((problem) => (
                  <ProblemRow key={problem.key} problem={problem} />
                ))}
              </ul>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

function ProblemRow({ problem }: { problem: ListedProblem }) {
  const { t } = useTranslation();
  const flow = useReactFlow();
  const store = useWorkflowStore();
  const error = problem.severity === "error";
  const Icon = error ? CircleAlert : TriangleAlert;
  const content = (
    <>
      <Icon size={14} strokeWidth={1.75} className={`mt-0.75 shrink-0 ${error ? "text-danger" : "text-warn"}`} aria-label={t(error ? "workflow.checklist.error" : "workflow.checklist.warning")} />
      <span className="min-w-0 flex-1 break-words">{problem.message}</span>
    </>
  );
  if (problem.nodeId === null) return <li className="flex gap-2 px-3 py-2">{content}</li>;
  const id = problem.nodeId;
  const go = () => {
    const { nodes, select } = store.getState();
    const node = byId(nodes).get(id);
    if (node === undefined) return;
    select([id]);
    void reveal(flow, [boxOf(nodes, node)]);
  };
  return (
    <li>
      <button type="button" className="flex w-full gap-2 px-3 py-2 text-start hover:bg-sunken" onClick={go}>
        {content}
      </button>
    </li>
  );
}

function group(problems: readonly ListedProblem[]): (readonly [string | null, ListedProblem[]])[] {
  const groups = new Map<string | null, ListedProblem[]>();
  for (const problem of problems) groups.set(problem.nodeId, [...(groups.get(problem.nodeId) ?? []), problem]);
  return [...groups];
}
