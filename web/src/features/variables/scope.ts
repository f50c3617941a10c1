import { byId } from "@/features/workflow/graph/lookup";
import type { FlowDocument, FlowEdge, FlowMode, FlowNode, FlowVariable, Selector } from "@/features/workflow/graph/types";
import { upstreamOf } from "@/features/workflow/graph/upstream";
import { INPUT_TYPES, insideOf, outputsOf } from "./outputs";
import { accepts, childrenOf, isArray, type ValueType, type Variable } from "./types";

/** Variables of one origin: a node, the conversation, the environment, the system. */
export interface VariableGroup {
  id: string;
  /** A node's title; null for the others, which the interface names. */
  title: string | null;
  /** Node type for its icon. */
  nodeType: string | null;
  variables: readonly Variable[];
}

/** What can be chosen at some place, and what every selector of the graph means. */
export interface VariableScope {
  groups: readonly VariableGroup[];
  resolve: (selector: Selector) => Resolved;
}

export interface Resolved {
  /** `missing` exists nowhere, `outside` exists but cannot be known at this place. */
  state: "ok" | "missing" | "outside";
  type: ValueType;
  title: string;
  nodeType: string | null;
  path: string;
}

const SYSTEM: Record<FlowMode, readonly Variable[]> = {
  "advanced-chat": [
    { name: "query", type: "string" },
    { name: "files", type: "array[file]" },
    { name: "conversation_id", type: "string" },
    { name: "dialogue_count", type: "number" },
    { name: "user_id", type: "string" },
    { name: "app_id", type: "string" },
    { name: "workflow_id", type: "string" },
    { name: "workflow_run_id", type: "string" },
  ],
  "rag-pipeline": [
    { name: "dataset_id", type: "string" },
    { name: "document_id", type: "string" },
    { name: "batch", type: "string" },
    { name: "datasource_type", type: "string" },
    { name: "datasource_info", type: "object" },
    { name: "invoke_from", type: "string" },
  ],
  workflow: [
    { name: "files", type: "array[file]" },
    { name: "user_id", type: "string" },
    { name: "app_id", type: "string" },
    { name: "workflow_id", type: "string" },
    { name: "workflow_run_id", type: "string" },
    { name: "timestamp", type: "number" },
  ],
};

type Graph = Pick<FlowDocument, "nodes" | "edges" | "environmentVariables" | "conversationVariables" | "pipelineVariables">;

/** The types of all variables of a graph; each node's are made when they are first asked for. */
export class GraphTypes {
  private readonly outputs = new Map<string, readonly Variable[]>();
  private readonly open = new Set<string>();

  constructor(
    private readonly graph: Graph,
    private readonly mode: FlowMode,
  ) {}

  readonly typeOf = (selector: Selector): ValueType => this.find(selector)?.type ?? "any";

  outputsOf(node: FlowNode): readonly Variable[] {
    const known = this.outputs.get(node.id);
    if (known !== undefined) return known;
    // A container reads its body and the body reads it: what is still being made counts as unknown.
    if (this.open.has(node.id)) return [];
    this.open.add(node.id);
    const made = outputsOf(node, this.typeOf);
    this.open.delete(node.id);
    this.outputs.set(node.id, made);
    return made;
  }

  insideOf(node: FlowNode): readonly Variable[] {
    return insideOf(node, this.typeOf);
  }

  system(): readonly Variable[] {
    return SYSTEM[this.mode];
  }

  find(selector: Selector): Variable | undefined {
    const [root, ...path] = selector;
    if (root === undefined || path.length === 0) return undefined;
    return descend(this.rootVariables(root), path);
  }

  private rootVariables(root: string): readonly Variable[] {
    if (root === "sys") return this.system();
    if (root === "env") return flowVariables(this.graph.environmentVariables);
    if (root === "conversation") return flowVariables(this.graph.conversationVariables);
    if (root === "rag") return questions(this.graph);
    const node = byId(this.graph.nodes).get(root);
    if (node === undefined) return [];
    const dotted = node.data.type === "start" || node.data.type.startsWith("trigger-");
    const system = dotted ? this.system().map((each) => ({ ...each, name: `sys.${each.name}` })) : [];
    return [...this.outputsOf(node), ...this.insideOf(node), ...system];
  }
}

function descend(variables: readonly Variable[], path: readonly string[]): Variable | undefined {
  const [name, ...rest] = path;
  const found = variables.find((each) => each.name === name);
  if (found === undefined || rest.length === 0) return found;
  const children = childrenOf(found);
  const inside = descend(children, rest);
  if (inside !== undefined) return inside;
  // An object whose members nobody declared may hold anything.
  return children.length === 0 && (found.type === "object" || found.type === "any") ? { name: rest.at(-1) ?? "", type: "any" } : undefined;
}

function flowVariables(variables: readonly FlowVariable[]): Variable[] {
  return variables.map(({ name, value_type, description }) => ({
    name,
    type: value_type,
    ...(description === "" ? {} : { description }),
  }));
}

/** What a pipeline asks for, by the data source that asks it. */
function questions({ pipelineVariables }: Graph): Variable[] {
  const owners = new Set(pipelineVariables.map((each) => each.belong_to_node_id));
  return [...owners].map((owner) => ({
    name: owner,
    type: "object",
    children: pipelineVariables
      .filter((each) => each.belong_to_node_id === owner)
      .map(({ variable, type, label }) => ({ name: variable, type: INPUT_TYPES[type] ?? "string", ...(label === "" ? {} : { description: label }) })),
  }));
}

/** The variables that a node may read, nearest origin first (spec console §7.7). */
export function scopeOf(graph: Graph, mode: FlowMode, nodeId: string, options: { body?: boolean } = {}): VariableScope {
  const types = new GraphTypes(graph, mode);
  const nodes = options.body === true ? bodyOf(graph.nodes, nodeId) : upstreamOf(graph.nodes, [...graph.edges] as FlowEdge[], nodeId);
  const around = containersOf(graph.nodes, nodeId);
  const groups: VariableGroup[] = nodes
    .map((node): VariableGroup => ({
      id: node.id,
      title: node.data.title,
      nodeType: node.data.type,
      variables: around.has(node.id) ? types.insideOf(node) : types.outputsOf(node),
    }))
    .concat(ownGroup(graph.nodes, nodeId, types))
    .filter((group) => group.variables.length > 0);
  const named = (id: string, variables: readonly Variable[]): VariableGroup => ({ id, title: null, nodeType: null, variables });
  if (options.body !== true) {
    groups.push(
      ...[
        named("conversation", mode === "advanced-chat" ? flowVariables(graph.conversationVariables) : []),
        named("rag", questions(graph)),
        named("env", flowVariables(graph.environmentVariables)),
        named("sys", types.system()),
      ].filter((group) => group.variables.length > 0),
    );
  }
  const visible = new Set(groups.map((group) => group.id));
  return { groups, resolve: (selector) => resolved(graph, types, visible, selector) };
}

/** A loop reads its own variables, in its conditions for stopping. */
function ownGroup(nodes: readonly FlowNode[], id: string, types: GraphTypes): VariableGroup[] {
  const node = byId(nodes).get(id);
  if (node?.data.type !== "loop") return [];
  return [{ id, title: node.data.title, nodeType: "loop", variables: types.insideOf(node) }];
}

function bodyOf(nodes: readonly FlowNode[], id: string): FlowNode[] {
  return nodes.filter((node) => node.parentId === id || node.data.iteration_id === id || node.data.loop_id === id);
}

function containersOf(nodes: readonly FlowNode[], id: string): Set<string> {
  const index = byId(nodes);
  const found = new Set<string>();
  let parent = index.get(id)?.parentId;
  while (parent !== undefined && !found.has(parent)) {
    found.add(parent);
    parent = index.get(parent)?.parentId;
  }
  return found;
}

function resolved(graph: Graph, types: GraphTypes, visible: ReadonlySet<string>, selector: Selector): Resolved {
  const root = selector[0] ?? "";
  const node = byId(graph.nodes).get(root);
  const found = types.find(selector);
  return {
    state: found === undefined ? "missing" : visible.has(root) ? "ok" : "outside",
    type: found?.type ?? "any",
    title: node?.data.title ?? root,
    nodeType: node?.data.type ?? null,
    path: selector.slice(1).join("."),
  };
}

/** A line of the picker: a variable with its whole path. */
export interface Choice {
  selector: Selector;
  variable: Variable;
  depth: number;
  /** Whether it may be chosen; a parent of what may be is shown all the same. */
  selectable: boolean;
}

export interface ChoiceGroup extends Omit<VariableGroup, "variables"> {
  choices: readonly Choice[];
}

/**
 * The groups as lines for the picker: types that are not accepted are left out unless something inside them is accepted,
 * and a search matches the path or the origin's title.
 */
export function choicesOf(scope: VariableScope, accepted?: readonly ValueType[], search = ""): ChoiceGroup[] {
  const wanted = search.trim().toLowerCase();
  return scope.groups
    .map(({ variables, ...group }) => {
      const all = variables.flatMap((variable) => linesOf([group.id], variable, 0, accepted));
      const matches = (choice: Choice): boolean =>
        wanted === "" ||
        choice.selector.slice(1).join(".").toLowerCase().includes(wanted) ||
        (group.title ?? group.id).toLowerCase().includes(wanted);
      return { ...group, choices: all.filter(matches) };
    })
    .filter((group) => group.choices.length > 0);
}

function linesOf(path: Selector, variable: Variable, depth: number, accepted: readonly ValueType[] | undefined): Choice[] {
  const selector = [...path, variable.name];
  const selectable = variable.onlyChildren !== true && accepts(variable.type, accepted);
  // Members of lists cannot be named: a list has no single member.
  const children = isArray(variable.type) || depth > 6 ? [] : childrenOf(variable);
  const inside = children.flatMap((child) => linesOf(selector, child, depth + 1, accepted));
  return selectable || inside.length > 0 ? [{ selector, variable, depth, selectable }, ...inside] : [];
}
