import { useQueryClient } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { isApiError } from "@/api/http";
import type { JsonObject } from "@/api/json";
import { appQuery } from "@/features/apps/apps-query";
import { useErrorText } from "@/i18n/errors";
import { showToast } from "@/ui/toast";
import type { AppDetail, Change } from "./configuration";
import { begun, stepped } from "./history";
import { forget, keep, keptOf } from "./kept";

export interface Editing {
  configuration: JsonObject;
  change: Change;
  undo: (() => void) | null;
  redo: (() => void) | null;
  /** Differs from what is published. */
  changed: boolean;
  /** Makes it what is published. */
  restore: () => void;
  /** `over` what somebody else has published meanwhile. */
  publish: (over?: AppDetail) => Promise<void>;
  busy: boolean;
  /** What somebody else has published while this was edited. */
  conflict: AppDetail | null;
  takeTheirs: (theirs: AppDetail) => void;
  /** Decides later. */
  postpone: () => void;
}

function configurationOf(app: AppDetail): JsonObject {
  return { ...(app.configuration ?? {}) } as JsonObject;
}

/** The configuration of an app while it is edited: undone and redone, kept in the browser, published. */
export function useConfiguration(app: AppDetail): Editing {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [opened] = useState(() => keptOf(app.id));
  const [saved, setSaved] = useState(() => configurationOf(app));
  const [hash, setHash] = useState(opened?.hash ?? app.draft_hash);
  const [history, step] = useReducer(stepped, opened?.configuration ?? saved, begun);
  const [conflict, setConflict] = useState<AppDetail | null>(null);
  const [busy, setBusy] = useState(false);
  const unkept = useRef(false);
  const configuration = history.now;
  const changed = useMemo(() => JSON.stringify(configuration) !== JSON.stringify(saved), [configuration, saved]);
  const change = useCallback<Change>((update) => step({ kind: "change", update, at: Date.now() }), []);

  useEffect(() => {
    if (changed) unkept.current = !keep(app.id, { hash, configuration });
    else {
      forget(app.id);
      unkept.current = false;
    }
  }, [app.id, changed, hash, configuration]);
  useBlocker({
    shouldBlockFn: () => unkept.current && !window.confirm(t("orchestration.leave")),
    enableBeforeUnload: () => unkept.current,
  });

  const publish = async (over?: AppDetail) => {
    setBusy(true);
    const params = { path: { app_id: app.id } };
    try {
      const answer = await call(api.POST("/apps/{app_id}/model-config", { params, body: { configuration, hash: over?.draft_hash ?? hash } }));
      setHash(answer.hash);
      setSaved(configuration);
      setConflict(null);
      await Promise.all([appQuery(app.id).queryKey, ["published", app.id], ["versions", app.id]].map((queryKey) => queries.invalidateQueries({ queryKey })));
      showToast("ok", t("orchestration.published"));
    } catch (error) {
      if (isApiError(error) && error.code === "draft_workflow_not_sync") setConflict(await call(api.GET("/apps/{app_id}", { params })));
      else showToast("danger", errorText(error));
    } finally {
      setBusy(false);
    }
  };
  const takeTheirs = (theirs: AppDetail) => {
    const configuration = configurationOf(theirs);
    setSaved(configuration);
    setHash(theirs.draft_hash);
    setConflict(null);
    change(() => configuration);
  };
  return {
    configuration,
    change,
    undo: history.past.length === 0 ? null : () => step({ kind: "undo" }),
    redo: history.future.length === 0 ? null : () => step({ kind: "redo" }),
    changed,
    restore: () => change(() => saved),
    publish,
    busy,
    conflict,
    takeTheirs,
    postpone: () => setConflict(null),
  };
}
