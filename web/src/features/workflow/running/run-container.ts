import { api, call, openStream } from "@/api/client";
import type { JsonObject } from "@/api/json";
import { ApiError } from "@/api/http";
import { readFrames, type Frame } from "@/api/sse";
import { runTurn } from "@/features/generation/run-turn";
import { NEW_TURN, type Turn } from "@/features/generation/turn";
import { nodeTexts } from "./node-texts";
import { looksOf, type RunningStore } from "./running";

/** A request that begins a container's run, or one that goes on already, as far as it is known. */
type Begin = { kind: "iteration" | "loop"; inputs: JsonObject } | { runId: string; turn: Turn };

/** Runs one iteration or loop of the saved draft alone, or goes on with such a run, and shows its rounds. Throws when it is refused. */
export async function runContainer(running: RunningStore, appId: string, nodeId: string, begin: Begin): Promise<Turn> {
  const before = running.getState().looks;
  const texts = nodeTexts(running);
  let runId = "runId" in begin ? begin.runId : "";
  async function* frames(path: string, body: JsonObject | null, signal: AbortSignal): AsyncGenerator<Frame> {
    const response = await openStream(path, body, signal);
    if (response.body === null) return;
    for await (const frame of readFrames(response.body)) {
      runId = /"workflow_run_id": ?"([^"]+)"/.exec(frame.data)?.[1] ?? runId;
      if (!texts.hear(frame.data)) yield { ...frame, id: null };
    }
  }
  const open =
    "runId" in begin
      ? {}
      : { open: (signal: AbortSignal) => frames(`/apps/${appId}/workflows/draft/${begin.kind}/nodes/${nodeId}/run`, { inputs: begin.inputs }, signal) };
  try {
    const turn = await runTurn("runId" in begin ? begin.turn : NEW_TURN, {
      ...open,
      follow: (_, __, signal) => frames(`/apps/${appId}/workflow-runs/${runId}/events`, null, signal),
      onChange: (next) => {
        if (next.taskId !== null) running.setState({ stepTurn: { nodeId, turn: next }, looks: new Map([...before, ...looksOf(next, new Map())]) });
      },
      signal: new AbortController().signal,
    });
    if (turn.taskId === null) throw new ApiError(400, turn.error?.code ?? "unknown", turn.error?.message ?? "");
    return turn;
  } finally {
    texts.end();
  }
}

/** Asks the server to end the container that runs alone. */
export async function stopContainer(running: RunningStore, appId: string): Promise<void> {
  const taskId = running.getState().stepTurn?.turn.taskId;
  if (taskId == null) return;
  await call(api.POST("/apps/{app_id}/workflow-runs/tasks/{task_id}/stop", { params: { path: { app_id: appId, task_id: taskId } } }));
}
