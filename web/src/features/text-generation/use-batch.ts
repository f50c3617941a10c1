import { useEffect, useRef, useState } from "react";
import type { GenerationKind } from "@/api/webapp";
import { runTurn } from "@/features/generation/run-turn";
import { NEW_TURN, type Turn } from "@/features/generation/turn";
import { useWebApp } from "@/features/webapp/webapp-context";
import type { BatchRow } from "./batch-file";

/** Rows that run at the same time. */
const CONCURRENCY = 5;

export interface BatchItem {
  row: BatchRow;
  /** Null while the row waits. */
  turn: Turn | null;
}

export interface Batch {
  items: readonly BatchItem[];
  running: boolean;
  start: (rows: readonly BatchRow[]) => void;
  retryFailed: () => void;
  stop: () => void;
  clear: () => void;
}

/** Runs the rows of a batch; the next row starts as soon as a slot is free. */
export function useBatch(kind: Exclude<GenerationKind, "chat">): Batch {
  const { client } = useWebApp();
  const [items, setItems] = useState<readonly BatchItem[]>([]);
  const [running, setRunning] = useState(false);
  const controller = useRef<AbortController | null>(null);
  useLeaveWarning(running);

  useEffect(() => () => controller.current?.abort(), []);

  const runRow = async (row: BatchRow, signal: AbortSignal) => {
    const put = (turn: Turn) => setItems((all) => all.map((item) => (item.row === row ? { row, turn } : item)));
    put(NEW_TURN);
    await runTurn(NEW_TURN, {
      open: (inner) => client.generate(kind, { inputs: row.inputs }, inner),
      follow: (taskId, after, inner) => client.follow(taskId, after, inner),
      onChange: put,
      signal,
    });
  };

  const runAll = async (rows: readonly BatchRow[]) => {
    const own = new AbortController();
    controller.current = own;
    setRunning(true);
    const queue = [...rows];
    const worker = async () => {
      for (let row = queue.shift(); row !== undefined && !own.signal.aborted; row = queue.shift()) await runRow(row, own.signal);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    if (controller.current === own) setRunning(false);
  };

  return {
    items,
    running,
    start: (rows) => {
      setItems(rows.map((row) => ({ row, turn: null })));
      void runAll(rows);
    },
    retryFailed: () => {
      const failed = items.filter((item) => item.turn === null || hasFailed(item.turn)).map((item) => item.row);
      setItems(items.map((item) => (failed.includes(item.row) ? { ...item, turn: null } : item)));
      void runAll(failed);
    },
    stop: () => {
      for (const { turn } of items) {
        if (turn?.taskId != null && !turn.ended) client.stop(kind, turn.taskId).catch(() => undefined);
      }
      controller.current?.abort();
    },
    clear: () => {
      controller.current?.abort();
      setItems([]);
    },
  };
}

export function hasFailed(turn: Turn): boolean {
  return turn.ended && turn.status !== "succeeded" && turn.status !== "partial-succeeded";
}

/** A batch lives in this page: closing it loses what is not yet done. */
function useLeaveWarning(active: boolean): void {
  useEffect(() => {
    if (!active) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [active]);
}
