import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { JsonObject } from "@/api/json";
import type { Turn } from "@/features/generation/turn";
import type { Question, Tried } from "@/features/trial/tried";
import { ApiError } from "@/api/http";
import type { ReplayOrder } from "@/features/replay/api";
import { useErrorText } from "@/i18n/errors";
import { showToast } from "@/ui/toast";
import { useSaving, useWorkflowStore } from "../store";
import { useRunningStore } from "./running";
import { askChatflow, NotSaved, replayRun, runWorkflow, stopRun, tryPipeline } from "./try-out";

interface TryOut {
  run: (inputs: JsonObject, startNodeId: string | null) => void;
  pipeline: (baseId: string, body: JsonObject) => void;
  /** `place`: once more there, where something was asked already. */
  ask: (question: Question, place?: Tried) => void;
  stop: () => void;
  /** Repeats a logged run from one of its nodes on. Gives when it has begun; throws when it is refused. */
  replay: (runId: string, order: ReplayOrder) => Promise<void>;
}

/** Runs and asks the draft, and says when that was not possible. */
export function useTryOut(): TryOut {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const store = useWorkflowStore();
  const running = useRunningStore();
  const saving = useSaving();
  const queries = useQueryClient();
  const { appId } = store.getState();
  const begin = (work: Promise<Turn>) => {
    work
      .then(() => queries.invalidateQueries({ queryKey: ["workflow", appId, "tried"] }))
      .catch((error: unknown) => showToast("danger", error instanceof NotSaved ? t("running.notSaved") : errorText(error)));
  };
  const bench = { store, running, saving };
  return {
    run: (inputs, startNodeId) => begin(runWorkflow(bench, inputs, startNodeId)),
    pipeline: (baseId, body) => begin(tryPipeline(bench, baseId, body)),
    ask: (question, place) => begin(askChatflow(bench, question, place)),
    replay: (runId, order) =>
      new Promise((resolve, reject) => {
        const work = replayRun(bench, runId, order, resolve);
        work.then((turn) => (turn.taskId === null ? reject(refusalOf(turn)) : resolve()), reject);
        begin(work);
      }),
    stop: () => {
      stopRun(appId, running).catch((error: unknown) => showToast("danger", errorText(error)));
    },
  };
}

function refusalOf({ error }: Turn): ApiError {
  return new ApiError(400, error?.code ?? "unknown", error?.message ?? "");
}
