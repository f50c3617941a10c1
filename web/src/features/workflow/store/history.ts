import type { FlowDocument } from "../graph/types";

/** What a change was, for the list of changes. */
export type ChangeKind =
  | "opened"
  | "nodeAdded"
  | "nodeDeleted"
  | "nodeMoved"
  | "nodeChanged"
  | "nodeRenamed"
  | "nodeDescribed"
  | "nodeReplaced"
  | "nodeResized"
  | "connected"
  | "edgeDeleted"
  | "pasted"
  | "duplicated"
  | "noteAdded"
  | "noteChanged"
  | "noteDeleted"
  | "organised"
  | "aligned"
  | "variablesChanged"
  | "variableRenamed"
  | "featuresChanged"
  | "restored";

export interface Change {
  kind: ChangeKind;
  /** What was changed: a node's title, a variable's name. */
  subject?: string | undefined;
  /** Changes with the same key that follow each other at once are one step. */
  merge?: string | undefined;
}

export interface Step extends Change {
  id: number;
  at: number;
  doc: FlowDocument;
}

/** The steps of this visit; `steps[at]` is what is shown. */
export interface History {
  steps: readonly Step[];
  at: number;
}

const LIMIT = 200;
const MERGE_MS = 1000;
let nextId = 1;

export function begin(doc: FlowDocument, now: number): History {
  return { steps: [{ kind: "opened", doc, at: now, id: nextId++ }], at: 0 };
}

/** The history after a change: what was undone is forgotten, and quick changes of the same thing are one step. */
export function record(history: History, change: Change, doc: FlowDocument, now: number): History {
  const kept = history.steps.slice(0, history.at + 1);
  const last = kept.at(-1);
  const newest = history.at === history.steps.length - 1; // a step that was gone back to is one to go back to again
  const merges = newest && change.merge !== undefined && last?.merge === change.merge && now - last.at < MERGE_MS;
  if (merges) kept[kept.length - 1] = { ...last, doc, at: now, subject: change.subject };
  else kept.push({ ...change, doc, at: now, id: nextId++ });
  const steps = kept.slice(-LIMIT);
  return { steps, at: steps.length - 1 };
}

/** The history with nothing but what is shown now. */
export function cleared(history: History): History {
  const now = history.steps[history.at];
  return now === undefined ? history : { steps: [{ ...now, merge: undefined }], at: 0 };
}
