import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useNodeType } from "@/features/schema-form/node-types";
import { GraphTypes } from "@/features/variables/scope";
import { isRecord, type Variable } from "@/features/variables/types";
import { CopyButton } from "@/ui/copy-button";
import { referenceTo } from "@/features/variables/tokens";
import type { FlowNode } from "../graph/types";
import { useWorkflow } from "../store";
import { Folded } from "./section";

/** The variables that the node gives, with what lies inside them. */
export function OutputsSection({ node }: { node: FlowNode }) {
  const { t } = useTranslation();
  const outputs = useOutputs(node);
  if (outputs.length === 0) return null;
  return (
    <Folded title={t("panels.outputs")} aside={<span className="text-12 text-muted">{outputs.length}</span>}>
      <ul className="flex flex-col gap-1">
        {outputs.map((variable) => (
          <OutputLine key={variable.name} variable={variable} path={[node.id, variable.name]} type={node.data.type} />
        ))}
      </ul>
    </Folded>
  );
}

/** From the settings, for types that these pages know; for others what the server says. */
function useOutputs(node: FlowNode): readonly Variable[] {
  const nodes = useWorkflow((state) => state.nodes);
  const edges = useWorkflow((state) => state.edges);
  const environmentVariables = useWorkflow((state) => state.environmentVariables);
  const conversationVariables = useWorkflow((state) => state.conversationVariables);
  const pipelineVariables = useWorkflow((state) => state.pipelineVariables);
  const mode = useWorkflow((state) => state.mode);
  const described = useNodeType(node.data.type);
  return useMemo(() => {
    const known = new GraphTypes({ nodes, edges, environmentVariables, conversationVariables, pipelineVariables }, mode).outputsOf(node);
    if (known.length > 0 || described === undefined) return known;
    const derived = described.outputs_from.flatMap((rule) => {
      const setting = node.data[rule.setting];
      const entries = Array.isArray(setting) ? setting.map((each): [string, unknown] => ["", each]) : isRecord(setting) ? Object.entries(setting) : [];
      return entries.flatMap(([key, entry]): Variable[] => {
        if (!isRecord(entry)) return [];
        const name = rule.name === null ? key : entry[rule.name];
        const type = rule.type === null ? "string" : entry[rule.type];
        return typeof name === "string" && name !== "" ? [{ name, type: typeof type === "string" ? type : "any" }] : [];
      });
    });
    const always = node.data.type === "variable-aggregator" || node.data.type === "if-else" ? [] : described.outputs;
    return [...derived, ...always];
  }, [node, nodes, edges, environmentVariables, conversationVariables, pipelineVariables, mode, described]);
}

function OutputLine({ variable, path, type }: { variable: Variable; path: string[]; type: string }) {
  const { t } = useTranslation();
  const help = variable.description ?? t(`panels.outputHelp.${type}.${variable.name}` as "panels.notSet", { defaultValue: t(`panels.outputHelp.common.${variable.name}` as "panels.notSet", { defaultValue: "" }) });
  return (
    <li>
      <div className="group flex min-h-6 items-center gap-2">
        <span className="min-w-0 truncate font-mono text-12 font-medium">{variable.name}</span>
        <span className="shrink-0 text-12 text-muted">{variable.type}</span>
        <span className="opacity-0 group-hover:opacity-100 focus-within:opacity-100">
          <CopyButton text={referenceTo(path)} label={t("panels.copyReference", { name: variable.name })} className="size-6!" />
        </span>
      </div>
      {help !== "" && <p className="text-12 text-muted">{help}</p>}
      {variable.children !== undefined && variable.children.length > 0 && (
        <ul className="ms-2 mt-1 flex flex-col gap-1 border-s border-line ps-3">
          {variable.children.map((child) => (
            <OutputLine key={child.name} variable={child} path={[...path, child.name]} type={type} />
          ))}
        </ul>
      )}
    </li>
  );
}
