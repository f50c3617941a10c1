import { useReactFlow } from "@xyflow/react";
import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Empty } from "@/ui/empty";
import { NodeIcon } from "@/ui/node-icon";
import { useRun } from "../canvas/canvas-commands";
import { reveal, type CommandId } from "../canvas/commands";
import { Panel } from "../canvas/side-panel";
import { boxOf } from "../graph/geometry";
import { byId } from "../graph/lookup";
import { useWorkflow, useWorkflowStore } from "../store";
import type { ListedProblem } from "./problems";

interface ChecklistPanelProps {
  problems: readonly ListedProblem[];
  onClose: () => void;
}

/** What is wrong with the draft, node by node; a click goes to where it is mended. */
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
  const run = useRun();
  const error = problem.severity === "error";
  const Icon = error ? CircleAlert : TriangleAlert;
  const content = (
    <>
      <Icon size={14} strokeWidth={1.75} className={`mt-0.75 shrink-0 ${error ? "text-danger" : "text-warn"}`} aria-label={t(error ? "workflow.checklist.error" : "workflow.checklist.warning")} />
      <span className="min-w-0 flex-1 break-words">{problem.message}</span>
    </>
  );
  const command = problem.nodeId === null ? remedyOf(problem) : null;
  if (problem.nodeId === null && command === null) return <li className="flex gap-2 px-3 py-2">{content}</li>;
  const id = problem.nodeId ?? "";
  const go = () => {
    if (command !== null) {
      run(command);
      return;
    }
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

const ADDED = new Set(["no-root", "no-result", "no-source"]);

/** What opens where a problem of the whole app is mended; null where there is no such place. */
function remedyOf({ kind, field }: ListedProblem): CommandId | null {
  if (ADDED.has(kind)) return "add";
  if (kind === "extension-unavailable" || field?.includes("features") === true) return "features";
  if (field?.includes("environment_variables") === true) return "environment";
  if (field?.includes("conversation_variables") === true) return "conversation";
  return null;
}

function group(problems: readonly ListedProblem[]): (readonly [string | null, ListedProblem[]])[] {
  const groups = new Map<string | null, ListedProblem[]>();
  for (const problem of problems) groups.set(problem.nodeId, [...(groups.get(problem.nodeId) ?? []), problem]);
  return [...groups];
}
