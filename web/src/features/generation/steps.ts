import type { AgentLog, ContainerEvent, NodeEvent, StepStatus, StreamEvent } from "@/api/events";

/** One node of a run as the pages show it; nodes inside an iteration or a loop name it as `parent`. */
export interface Step {
  id: string;
  nodeId: string;
  type: string;
  title: string;
  status: StepStatus;
  elapsed: number | null;
  error: string | null;
  retries: number;
  parent: string | null;
  /** Round within the parent, from 0. */
  round: number | null;
  container: Rounds | null;
  log: readonly string[];
}

export interface Rounds {
  current: number;
  total: number | null;
}

/** The steps after one event; the same array when the event says nothing about nodes. */
export function reduceSteps(steps: readonly Step[], event: StreamEvent): readonly Step[] {
  switch (event.event) {
    case "node_started":
      // A node that waited for an answer starts again under its id.
      return [...steps.filter((step) => step.id !== event.data.id), started(steps, event.data)];
    case "node_finished":
      return change(steps, event.data, (step) => ({
        ...step,
        status: event.data.status ?? "succeeded",
        elapsed: event.data.elapsed_time ?? null,
        error: event.data.error ?? null,
        round: roundOf(event.data) ?? step.round,
      }));
    case "node_retry":
      return change(steps, event.data, (step) => ({
        ...step,
        retries: event.data.retry_index ?? step.retries + 1,
        error: event.data.error ?? null,
      }));
    case "iteration_started":
    case "loop_started":
      return [...steps, container(event.data, event.event === "loop_started" ? "loop" : "iteration")];
    case "iteration_next":
    case "loop_next":
      return changeContainer(steps, event.data.node_id, (step) => ({
        ...step,
        container: { current: event.data.index ?? 0, total: step.container?.total ?? null },
      }));
    case "iteration_completed":
    case "loop_completed":
      return changeContainer(steps, event.data.node_id, (step) => ({
        ...step,
        status: event.data.status ?? "succeeded",
        elapsed: event.data.elapsed_time ?? null,
        error: event.data.error ?? null,
      }));
    case "agent_log":
      return logged(steps, event.data);
    default:
      return steps;
  }
}

/** Nodes that were running when the run ended never report: they ended with it. */
export function settleSteps(steps: readonly Step[], status: "stopped" | "failed" | "succeeded"): readonly Step[] {
  if (!steps.some((step) => step.status === "running")) return steps;
  return steps.map((step) => (step.status === "running" ? { ...step, status } : step));
}

function started(steps: readonly Step[], data: NodeEvent): Step {
  const parent = data.iteration_id ?? data.loop_id ?? null;
  const rounds = steps.find((step) => step.container !== null && step.nodeId === parent)?.container;
  return {
    id: data.id,
    nodeId: data.node_id,
    type: data.node_type,
    title: data.title,
    status: "running",
    elapsed: null,
    error: null,
    retries: 0,
    parent,
    round: roundOf(data) ?? rounds?.current ?? null,
    container: null,
    log: [],
  };
}

function container(data: ContainerEvent, type: string): Step {
  const total = data.metadata?.iterator_length ?? data.metadata?.iteration_length ?? data.metadata?.loop_length;
  return {
    id: data.id,
    nodeId: data.node_id,
    type: data.node_type ?? type,
    title: data.title,
    status: "running",
    elapsed: null,
    error: null,
    retries: 0,
    parent: null,
    round: null,
    container: { current: 0, total: typeof total === "number" ? total : null },
    log: [],
  };
}

function roundOf(data: NodeEvent): number | null {
  const index = data.execution_metadata?.iteration_index ?? data.execution_metadata?.loop_index;
  return typeof index === "number" ? index : null;
}

/** Execution ids pair start and end; under retries older servers change the id, then the node id pairs them. */
function change(steps: readonly Step[], data: NodeEvent, next: (step: Step) => Step): readonly Step[] {
  let at = steps.findLastIndex((step) => step.id === data.id);
  if (at < 0) at = steps.findLastIndex((step) => step.nodeId === data.node_id && step.status === "running");
  return replaceAt(steps, at, next);
}

function changeContainer(steps: readonly Step[], nodeId: string, next: (step: Step) => Step): readonly Step[] {
  return replaceAt(steps, steps.findLastIndex((step) => step.nodeId === nodeId && step.container !== null), next);
}

function logged(steps: readonly Step[], log: AgentLog): readonly Step[] {
  const at = steps.findLastIndex((step) => step.nodeId === log.node_id);
  return replaceAt(steps, at, (step) =>
    step.log.includes(log.label) ? step : { ...step, log: [...step.log, log.label] },
  );
}

function replaceAt(steps: readonly Step[], at: number, next: (step: Step) => Step): readonly Step[] {
  const step = steps[at];
  return step === undefined ? steps : steps.with(at, next(step));
}
