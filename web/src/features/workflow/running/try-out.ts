import { api, call, openStream } from "@/api/client";
import { readFrames, type Frame } from "@/api/sse";
import type { JsonObject } from "@/api/json";
import { runTurn } from "@/features/generation/run-turn";
import { NEW_TURN, type Turn } from "@/features/generation/turn";
import { begun, nextPlace, requestOf, withExchange, withTurn, type Question, type Tried } from "@/features/trial/tried";
import type { Saving, WorkflowStore } from "../store";
import { replayBody, replayPath, type ReplayOrder } from "@/features/replay/api";
import { nodeTexts } from "./node-texts";
import { looksOf, type RunningStore } from "./running";

/** Whoever listens to the run that a store shows; another run takes its place. */
const listening = new WeakMap<RunningStore, AbortController>();

/** The draft could not be saved, so that there is nothing to run; the canvas says why. */
export class NotSaved extends Error {
  override readonly name = "NotSaved";
}

export interface Workbench {
  store: WorkflowStore;
  running: RunningStore;
  saving: Saving;
}

/** Runs the saved draft of a workflow. `startNodeId` names the trigger to begin at. */
export async function runWorkflow({ store, running, saving }: Workbench, inputs: JsonObject, startNodeId: string | null): Promise<Turn> {
  if (!(await saving.flush())) throw new NotSaved();
  const { appId } = store.getState();
  running.setState({ inputs, looks: new Map(), runId: null, turn: NEW_TURN, open: true });
  const body: JsonObject = { inputs, ...(startNodeId === null ? {} : { start_node_id: startNodeId }) };
  return follow(running, appId, { path: `/apps/${appId}/workflows/draft/run`, body }, (turn) => running.setState({ turn }));
}

/** Runs the saved draft of a knowledge pipeline on one source; nothing is kept. */
export async function tryPipeline({ store, running, saving }: Workbench, baseId: string, body: JsonObject): Promise<Turn> {
  if (!(await saving.flush())) throw new NotSaved();
  const { appId } = store.getState();
  running.setState({ looks: new Map(), runId: null, turn: NEW_TURN, open: true });
  return follow(running, appId, { path: `/datasets/${baseId}/pipeline/draft/run`, body }, (turn) => running.setState({ turn }));
}

/** Asks the saved draft of a chatflow, after its last answer, or once more at the `place` of an exchange. */
export async function askChatflow({ store, running, saving }: Workbench, question: Question, place?: Tried): Promise<Turn> {
  if (!(await saving.flush())) throw new NotSaved();
  const { appId } = store.getState();
  const { talk } = running.getState();
  const exchange = begun(question, place === undefined ? nextPlace(talk) : place.parentId);
  running.setState({ inputs: question.inputs, looks: new Map(), runId: null, turn: NEW_TURN, open: true, talk: withExchange(talk, exchange) });
  return follow(running, appId, { path: `/apps/${appId}/advanced-chat/workflows/draft/run`, body: requestOf(talk, exchange) }, showExchange(running, exchange.key));
}

/** Shows each state of an answer in the conversation. */
export function showExchange(running: RunningStore, key: string): (turn: Turn) => void {
  return (turn) => running.setState((state) => ({ turn, talk: withTurn(state.talk, key, turn) }));
}

/** Repeats a logged run from one of its nodes on; `onBegun` is called when it has begun. A refusal leaves what is shown. */
export async function replayRun({ store, running, saving }: Workbench, runId: string, order: ReplayOrder, onBegun: () => void): Promise<Turn> {
  if (order.graph === "draft" && !(await saving.flush())) throw new NotSaved();
  const before = running.getState();
  const { appId } = store.getState();
  return follow(running, appId, { path: replayPath(runId), body: replayBody(order) }, (turn) => {
    if (turn.taskId === null) {
      running.setState({ turn: before.turn, runId: before.runId, looks: before.looks });
      return;
    }
    onBegun();
    running.setState({ turn, tab: "trace", open: true });
  });
}

/** A request that begins a run, or a run that goes on already, as far as it is known. */
type Begin = { path: string; body: JsonObject } | { runId: string; turn: Turn };

export async function follow(running: RunningStore, appId: string, begin: Begin, show: (turn: Turn) => void): Promise<Turn> {
  listening.get(running)?.abort();
  const controller = new AbortController();
  listening.set(running, controller);
  const known = "runId" in begin ? begin.turn : NEW_TURN;
  const onChange = (turn: Turn) => {
    if (listening.get(running) !== controller) return;
    show(turn);
    if (turn.taskId !== null) running.setState((state) => ({ looks: looksOf(turn, state.looks) }));
  };
  const texts = nodeTexts(running);
  const heard = (frame: Frame) => {
    const found = /"workflow_run_id": ?"([^"]+)"/.exec(frame.data);
    if (found?.[1] !== undefined) running.setState({ runId: found[1] });
    return texts.hear(frame.data);
  };
  if ("runId" in begin) running.setState({ runId: begin.runId });
  try {
    return await runTurn(known, {
      ...("runId" in begin ? {} : { open: (signal: AbortSignal) => frames(begin.path, begin.body, signal, heard) }),
      follow: (_, __, signal) => frames(`/apps/${appId}/workflow-runs/${running.getState().runId ?? ""}/events`, null, signal, heard),
      onChange,
      signal: controller.signal,
    });
  } finally {
    texts.end();
  }
}

/** `heard` says whether a frame has been dealt with. */
async function* frames(path: string, body: JsonObject | null, signal: AbortSignal, heard: (frame: Frame) => boolean): AsyncGenerator<Frame> {
  const response = await openStream(path, body, signal);
  if (response.body === null) return;
  for await (const frame of readFrames(response.body)) {
    // The stream of a run counts anew when it is followed again, so frames are told apart by what they say.
    if (!heard(frame)) yield { ...frame, id: null };
  }
}

/** Asks the server to end the run that is shown; it says so in the stream. */
export async function stopRun(appId: string, running: RunningStore): Promise<void> {
  const taskId = running.getState().turn?.taskId;
  if (taskId == null) return;
  await call(api.POST("/apps/{app_id}/workflow-runs/tasks/{task_id}/stop", { params: { path: { app_id: appId, task_id: taskId } } }));
}
