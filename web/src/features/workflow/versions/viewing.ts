import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useTimeZone } from "../../../ui/time-zone";
import type { Comparison } from "../graph/comparing";
import type { FlowDocument } from "../graph/types";
import { useWorkflow } from "../store";
import { workflowApi, type Version, type VersionEntry } from "../store/api";

/** What is shown on the canvas instead of the draft. */
export interface Viewing {
  version: Version;
  doc: FlowDocument;
  comparison: Comparison | null;
}

/** The version that runs, for the bar. */
export function usePublished() {
  const appId = useWorkflow((state) => state.appId);
  return useQuery({ queryKey: ["published", appId], queryFn: () => workflowApi.published(appId), meta: { console: true } });
}

/** What a version is called: its name, or when it was published. */
export function useVersionName() {
  const { i18n } = useTranslation();
  const timeZone = useTimeZone();
  return (version: Pick<VersionEntry, "marked_name" | "created_at">) =>
    version.marked_name ||
    new Intl.DateTimeFormat(i18n.language, { dateStyle: "medium", timeStyle: "short", timeZone }).format(version.created_at * 1000);
}

/** What a comparison marks on the canvas. */
export function useMarks(comparison: Comparison | null | undefined) {
  return useMemo(() => {
    if (comparison === null || comparison === undefined) return null;
    return new Map(comparison.nodes.filter((node) => node.kind !== "moved").map((node) => [node.id, node.kind]));
  }, [comparison]);
}
