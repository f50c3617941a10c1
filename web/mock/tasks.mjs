/** Running tasks of the mock: scripted events with pauses, kept so that any number of readers can follow them. */
import { randomUUID } from "node:crypto";

const tasks = new Map();

/**
 * Starts a task that plays `script` (an array of `[pauseMs, event]`). `onEvent` sees each event once. Over tasks are
 * forgotten after a moment, as the server forgets them.
 */
export function startTask(script, envelope, onEvent = () => {}) {
  const task = { id: randomUUID(), frames: [], readers: new Set(), over: false, stopped: false };
  tasks.set(task.id, task);
  void play(task, script, envelope, onEvent);
  return task;
}

async function play(task, script, envelope, onEvent) {
  for (const [pause, event, always] of script) {
    if (task.stopped && !always) continue;
    if (!task.stopped) await new Promise((resolve) => setTimeout(resolve, pause));
    if (task.stopped && !always) continue;
    const full = { task_id: task.id, ...envelope, ...event };
    if (task.stopped && full.event === "workflow_finished") full.data = { ...full.data, status: "stopped", outputs: null };
    onEvent(full, task);
    const frame = `data: ${JSON.stringify(full)}\n\n`;
    task.frames.push(frame);
    for (const reader of task.readers) reader.write(task.frames.length, frame);
  }
  task.over = true;
  for (const reader of task.readers) reader.end();
  setTimeout(() => tasks.delete(task.id), 2000);
}

export function findTask(id) {
  const task = tasks.get(id);
  return task === undefined || task.over ? null : task;
}

export function stopTask(id) {
  const task = tasks.get(id);
  if (task !== undefined) task.stopped = true;
}

/** Sends a task's frames to a response: those after `after`, then live ones. Ids only for followers. */
export function streamTask(task, response, after, withIds) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  const write = (id, frame) => response.write(withIds ? `id: ${id}\n${frame}` : frame);
  task.frames.slice(after).forEach((frame, at) => write(after + at + 1, frame));
  if (task.over) return response.end();
  const ping = setInterval(() => response.write("event: ping\n\n"), 10_000);
  const reader = { write, end: () => response.end() };
  task.readers.add(reader);
  response.on("close", () => {
    clearInterval(ping);
    task.readers.delete(reader);
  });
}
