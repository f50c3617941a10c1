import type { PipelineVariable } from "../../graph/types";
import { useWorkflow, useWorkflowStore } from "../../store";
import { useRemoveOutput } from "../use-outputs";
import { InputVariables, type InputVariable } from "./input-variables";

const TYPES = ["text-input", "paragraph", "select", "number", "checkbox", "file", "file-list"] as const;

/** The questions that a knowledge pipeline asks with every data source (`shared`), or with one of them. */
export function QuestionList({ owner, disabled }: { owner: string; disabled: boolean }) {
  const store = useWorkflowStore();
  const all = useWorkflow((state) => state.pipelineVariables);
  const set = useWorkflow((state) => state.setPipelineVariables);
  const { remove, dialog } = useRemoveOutput("rag");
  const mine = all.filter((each) => each.belong_to_node_id === owner);
  const others = all.filter((each) => each.belong_to_node_id !== owner);
  const clashing = others.filter((each) => owner === "shared" || each.belong_to_node_id === "shared");
  const keep = (questions: readonly PipelineVariable[], subject?: string) => set([...others, ...questions], subject);
  const nameAt = (at: number) => mine[at]?.variable ?? "";
  return (
    <>
      <InputVariables
        variables={mine.map(asInput)}
        types={TYPES}
        hideable={false}
        taken={clashing.map((each) => each.variable)}
        disabled={disabled}
        onChange={(variables) => keep(variables.map((each) => asQuestion(each, owner, mine)))}
        onRemove={(at) => remove([owner, nameAt(at)], () => keep(mine.filter((_, place) => place !== at), nameAt(at)))}
        onRename={(at, name) =>
          store.getState().renameVariable(["rag", owner, nameAt(at)], ["rag", owner, name], (doc) => ({
            ...doc,
            pipelineVariables: [...others, ...mine.map((each, place) => (place === at ? { ...each, variable: name } : each))],
          }))
        }
      />
      {dialog}
    </>
  );
}

/** A question under the names that apps have for its members. */
function asInput({ default_value, tooltips, ...question }: PipelineVariable): InputVariable {
  return { ...question, default: default_value ?? null, description: typeof tooltips === "string" ? tooltips : "" };
}

/** The question that an edited one was, with what files of pipelines must have. */
function asQuestion({ default: default_value, description, ...input }: InputVariable, owner: string, before: readonly PipelineVariable[]): PipelineVariable {
  const known = before.find((each) => each.variable === input.variable);
  return {
    placeholder: null,
    unit: null,
    allowed_file_types: [],
    allowed_file_extensions: [],
    allowed_file_upload_methods: [],
    options: [],
    max_length: null,
    ...known,
    ...(input as Partial<PipelineVariable>),
    belong_to_node_id: owner,
    type: input.type ?? "text-input",
    label: input.label ?? "",
    variable: input.variable,
    default_value: default_value ?? null,
    tooltips: description === undefined || description === "" ? null : description,
  };
}
