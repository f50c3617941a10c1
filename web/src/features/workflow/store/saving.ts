import { createStore, type StoreApi } from "zustand/vanilla";
import { isApiError } from "@/api/http";
import type { JsonObject } from "@/api/json";
import { graphOf, openDraft } from "../graph/draft";
import type { FlowDocument } from "../graph/types";
import { workflowApi, type Draft, type DraftSaved, type DraftToSave } from "./api";
import { documentOf, type WorkflowStore } from "./store";

/** Two people changed the draft: what both began with, what the other one made of it, and both together if that works. */
export interface Conflict {
  base: FlowDocument;
  theirs: FlowDocument;
  draft: Draft;
  together: FlowDocument | null;
}

export interface SaveState {
  status: "saved" | "changed" | "saving" | "failed" | "conflict";
  savedAt: number;
  hash: string;
  conflict: Conflict | null;
  /** Why the last save failed. */
  error: unknown;
}

export interface Saving {
  state: StoreApi<SaveState>;
  /** Saves what has not been saved yet. Whether the server now has everything. */
  flush: () => Promise<boolean>;
  keepMine: () => Promise<void>;
  takeTheirs: () => void;
  keepBoth: () => Promise<void>;
  /** Takes a draft that the server made meanwhile: a restored version, an imported file, what somebody else saved. */
  accept: (draft: Draft) => void;
  /** Looks whether somebody has saved, when nothing here is waiting to be. True when there was something new. */
  refresh: () => Promise<boolean>;
  /** Watches the document from now on; what is returned saves what is left and stops. */
  start: () => () => void;
}

/** After the last change and after the first one that is not saved yet. */
const QUIET_MS = 800;
const LONGEST_MS = 2000;
const RETRY_MS = 5000;
const PARTING_LIMIT = 60_000;

/** Saves the open document by itself, never over what somebody else has saved. */
export function makeSaving(store: WorkflowStore, opened: Draft, opening: JsonObject): Saving {
  const appId = store.getState().appId;
  let rest = opening;
  let base = documentOf(store.getState());
  let variablesHash = opened.variables_hash;
  let savedRevision = store.getState().revision;
  let firstChange = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<boolean> | null = null;
  const state = createStore<SaveState>()(() => ({
    status: "saved",
    savedAt: opened.updated_at * 1000,
    hash: opened.hash,
    conflict: null,
    error: null,
  }));

  const isDirty = (): boolean => store.getState().revision !== savedRevision;

  const body = (doc: FlowDocument, hash: string): DraftToSave => {
    const asked = doc.pipelineVariables !== base.pipelineVariables;
    const variables = asked || doc.environmentVariables !== base.environmentVariables || doc.conversationVariables !== base.conversationVariables;
    return {
      graph: graphOf(doc, store.getState().viewport, rest),
      hash,
      ...(doc.features === base.features ? {} : { features: doc.features }),
      ...(variables
        ? {
            environment_variables: doc.environmentVariables,
            conversation_variables: doc.conversationVariables,
            ...(asked ? { rag_pipeline_variables: doc.pipelineVariables } : {}),
            variables_hash: variablesHash,
          }
        : {}),
    };
  };

  const saved = (answer: DraftSaved, doc: FlowDocument, revision: number): void => {
    base = doc;
    variablesHash = answer.variables_hash;
    savedRevision = revision;
    state.setState({
      status: isDirty() ? "changed" : "saved",
      hash: answer.hash,
      savedAt: answer.updated_at * 1000,
      conflict: null,
      error: null,
    });
    if (isDirty()) schedule();
  };

  const save = async (): Promise<boolean> => {
    if (!store.getState().editable) return true;
    const { revision } = store.getState();
    const doc = documentOf(store.getState());
    firstChange = 0;
    state.setState({ status: "saving" });
    try {
      saved(await workflowApi.saveDraft(appId, body(doc, state.getState().hash)), doc, revision);
      return !isDirty();
    } catch (error) {
      if (isApiError(error) && error.code === "draft_workflow_not_sync") await meet();
      else {
        state.setState({ status: "failed", error });
        timer = setTimeout(() => void flush(), RETRY_MS);
      }
      return false;
    }
  };

  /** Somebody else has saved: find out what. */
  const meet = async (): Promise<void> => {
    try {
      const [draft, { merged }] = await Promise.all([workflowApi.draft(appId), import("../graph/merging")]);
      const theirs = openDraft(draft).doc;
      const mine = documentOf(store.getState());
      state.setState({ status: "conflict", conflict: { base, theirs, draft, together: merged(base, mine, theirs) } });
    } catch (error) {
      state.setState({ status: "failed", error });
      timer = setTimeout(() => void flush(), RETRY_MS);
    }
  };

  const flush = async (): Promise<boolean> => {
    clearTimeout(timer);
    while (running !== null) await running;
    if (!isDirty()) return true;
    if (state.getState().status === "conflict") return false;
    running = save().finally(() => (running = null));
    return running;
  };

  const schedule = (): void => {
    const now = Date.now();
    if (firstChange === 0) firstChange = now;
    clearTimeout(timer);
    timer = setTimeout(() => void flush(), Math.max(0, Math.min(QUIET_MS, firstChange + LONGEST_MS - now)));
  };

  const overwrite = async (doc: FlowDocument): Promise<void> => {
    const { conflict } = state.getState();
    if (conflict === null) return;
    variablesHash = conflict.draft.variables_hash;
    base = conflict.theirs;
    rest = openDraft(conflict.draft).rest;
    state.setState({ hash: conflict.draft.hash, conflict: null, status: "changed" });
    if (doc === conflict.together) store.getState().replace(doc);
    savedRevision = -1;
    await flush();
  };

  const accept = (draft: Draft): void => {
    clearTimeout(timer);
    const { doc, rest: others, viewport } = openDraft(draft);
    rest = others;
    variablesHash = draft.variables_hash;
    store.getState().replace(doc, viewport);
    base = documentOf(store.getState());
    savedRevision = store.getState().revision;
    state.setState({ status: "saved", hash: draft.hash, savedAt: draft.updated_at * 1000, conflict: null, error: null });
  };

  const refresh = async (): Promise<boolean> => {
    if (isDirty() || running !== null) return false;
    const draft = await workflowApi.draft(appId);
    if (isDirty() || draft.hash === state.getState().hash) return false;
    accept(draft);
    return true;
  };

  const part = (): void => {
    if (!isDirty() || state.getState().status === "conflict" || !store.getState().editable) return;
    const { revision } = store.getState();
    const doc = documentOf(store.getState());
    const sent = body(doc, state.getState().hash);
    const small = JSON.stringify(sent).length < PARTING_LIMIT;
    clearTimeout(timer);
    running ??= workflowApi
      .saveDraft(appId, sent, small)
      .then((answer) => {
        saved(answer, doc, revision);
        return true;
      })
      .catch(async (error: unknown) => {
        if (isApiError(error) && error.code === "draft_workflow_not_sync") await meet();
        else state.setState({ status: "failed", error });
        return false;
      })
      .finally(() => (running = null));
  };

  const onVisibility = (): void => {
    if (document.visibilityState === "hidden") part();
  };
  /** Only what is too much for a parting save, or cannot be saved, is worth a question. */
  const onUnload = (event: BeforeUnloadEvent): void => {
    if (!isDirty()) return;
    const { status, hash } = state.getState();
    const large = JSON.stringify(body(documentOf(store.getState()), hash)).length >= PARTING_LIMIT;
    if (large || status === "conflict" || status === "failed") event.preventDefault();
  };
  return {
    state,
    flush,
    keepMine: () => overwrite(documentOf(store.getState())),
    keepBoth: () => overwrite(state.getState().conflict?.together ?? documentOf(store.getState())),
    takeTheirs: () => {
      const { conflict } = state.getState();
      if (conflict !== null) accept(conflict.draft);
    },
    accept,
    refresh,
    start: () => {
      document.addEventListener("visibilitychange", onVisibility);
      window.addEventListener("pagehide", part);
      window.addEventListener("beforeunload", onUnload);
      const unsubscribe = store.subscribe((now, before) => {
        if (now.revision === before.revision) return;
        if (state.getState().status !== "conflict") state.setState({ status: "changed" });
        schedule();
      });
      return () => {
        unsubscribe();
        part();
        clearTimeout(timer);
        document.removeEventListener("visibilitychange", onVisibility);
        window.removeEventListener("pagehide", part);
        window.removeEventListener("beforeunload", onUnload);
      };
    },
  };
}
