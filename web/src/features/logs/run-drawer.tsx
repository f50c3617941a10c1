import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { RunView } from "@/features/run-log/run-view";
import { runQuery } from "@/features/run-log/runs-query";
import { useErrorText } from "@/i18n/errors";
import { Skeleton } from "@/ui/empty";
import { EntryDrawer, type EntryProps } from "./entry-drawer";

/** A run of the log with its nodes. */
export function RunDrawer(props: EntryProps) {
  const { t } = useTranslation();
  return (
    <EntryDrawer {...props} kind="runs" title={t("logs.runAgain")}>
      <RunTrace id={props.id} />
    </EntryDrawer>
  );
}

/** What a run did, node by node. */
export function RunTrace({ id }: { id: string }) {
  const errorText = useErrorText();
  const run = useQuery(runQuery(id));
  const [step, setStep] = useState<string | null>(null);
  if (run.isError) {
    return (
      <p role="alert" className="text-danger">
        {errorText(run.error)}
      </p>
    );
  }
  if (!run.isSuccess) return <Skeleton className="h-60 w-full" />;
  return (
    <div className="-m-4 md:-m-6">
      <RunView run={run.data} step={step} onStep={setStep} />
    </div>
  );
}
