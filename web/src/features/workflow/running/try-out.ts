import { api, call, openStream } from "@/api/client";
import { readFrames, type Frame } from "@/api/sse";
import type { JsonObject } from "@/api/json";
import { runTurn } from "@/features/generation/run-turn";
import { NEW_TURN, type Turn } from "@/features/generation/turn";
import { begun, nextPlace, requestOf, withExchange, withTurn, type Question, type Tried } from "@/features/trial/tried";
import type { Saving, WorkflowStore } from "../store";
import { replayBody, replayPath, type ReplayOrder } from "@/features/replay/api";
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
  return follow(running, appId, `/apps/${appId}/workflows/draft/run`, body, (turn) => running.setState({ turn }));
}

/** Asks the saved draft of a chatflow, after its last answer, or once more at the `place` of an exchange. */
export async function askChatflow({ store, running, saving }: Workbench, question: Question, place?: Tried): Promise<Turn> {
  if (!(await saving.flush())) throw new NotSaved();
  const { appId } = store.getState();
  const { talk } = running.getState();
  const exchange = begun(question, place === undefined ? nextPlace(talk) : place.parentId);
  running.setState({ inputs: question.inputs, looks: new Map(), runId: null, turn: NEW_TURN, open: true, talk: withExchange(talk, exchange) });
  return follow(running, appId, `/apps/${appId}/advanced-chat/workflows/draft/run`, requestOf(talk, exchange), (turn) =>
    running.setState((state) => ({ turn, talk: withTurn(state.talk, exchange.key, turn) })),
  );
}

/** Repeats a logged run from one of its nodes on; `onBegun` is called when it has begun. A refusal leaves what is shown. */
export async function replayRun({ store, running, saving }: Workbench, runId: string, order: ReplayOrder, onBegun: () => void): Promise<Turn> {
  if (order.graph === "draft" && !(await saving.flush())) throw new NotSaved();
  const before = running.getState();
  const { appId } = store.getState();
  return follow(running, appId, replayPath(runId), replayBody(order), (turn) => {
    if (turn.taskId === null) {
      running.setState({ turn: before.turn, runId: before.runId, looks: before.looks });
      return;
    }
    onBegun();
    running.setState({ turn, tab: "trace", open: true });
  });
}

async function follow(running: RunningStore, appId: string, path: string, body: JsonObject, show: (turn: Turn) => void): Promise<Turn> {
  listening.get(running)?.abort();
  const controller = new AbortController();
  listening.set(running, controller);
  const onChange = (turn: Turn) => {
    if (listening.get(running) !== controller) return;
    show(turn);
    if (turn.taskId !== null) running.setState((state) => ({ looks: looksOf(turn, state.looks) }));
  };
  const noteRun = (runId: string) => running.setState({ runId });
  return runTurn(NEW_TURN, {
    open: (signal) => frames(path, body, signal, noteRun),
    follow: (_, __, signal) => frames(`/apps/${appId}/workflow-runs/${running.getState().runId ?? ""}/events`, null, signal, noteRun),
    onChange,
    signal: controller.signal,
  });
}

async function* frames(path: string, body: JsonObject | null, signal: AbortSignal, noteRun: (runId: string) => void): AsyncGenerator<Frame> {
  const response = await openStream(path, body, signal);
  if (response.body === null) return;
  for await (const frame of readFrames(response.body)) {
    const found = /"workflow_run_id": ?"([^"]+)"/.exec(frame.data);
    if (found?.[1] !== undefined) noteRun(found[1]);
    // The stream of a run counts anew when it is followed again, so frames are told apart by what they say.
    yield { ...frame, id: null };
  }
}

/** Asks the server to end the run that is shown; it says so in the stream. */
export async function stopRun(appId: string, running: RunningStore): Promise<void> {
  const taskId = running.getState().turn?.taskId;
  if (taskId == null) return;
  await call(api.POST("/apps/{app_id}/workflow-runs/tasks/{task_id}/stop", { params: { path: { app_id: appId, task_id: taskId } } }));
}
