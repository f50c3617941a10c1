import clsx from "clsx";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { useWorkflow, useWorkflowStore } from "../store";
import { Panel } from "./side-panel";

/** The steps of this visit; a click goes back or forward to one. */
export function HistoryPanel({ onClose }: { onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const store = useWorkflowStore();
  const { steps, at } = useWorkflow((state) => state.history);
  const time = new Intl.DateTimeFormat(i18n.language, { timeStyle: "medium" });
  const clear = (
    <Button size="small" variant="quiet" disabled={steps.length < 2} onClick={() => store.getState().clearHistory()}>
      {t("workflow.history.clear")}
    </Button>
  );
  return (
    <Panel title={t("workflow.commands.history")} onClose={onClose} actions={clear}>
      <p className="mb-3 text-muted">{t("workflow.history.hint")}</p>
      <ol className="flex flex-col">
        {steps
          .map((step, index) => (
            <li key={step.id}>
              <button
                type="button"
                aria-current={index === at ? "step" : undefined}
                className={clsx(
                  "flex w-full items-baseline gap-2 rounded-control px-2 py-1.5 text-start hover:bg-sunken",
                  index === at && "bg-accent-soft font-medium text-accent",
                  index > at && "text-muted",
                )}
                onClick={() => store.getState().jump(index)}
              >
                <span className="min-w-0 flex-1 truncate">
                  {t(`workflow.history.${step.kind}`)}
                  {step.subject !== undefined && step.subject !== "" && <span className="text-muted"> · {step.subject}</span>}
                </span>
                <span className="shrink-0 text-12 text-muted tabular">
                  {index === at ? t("workflow.history.now") : index < at ? t("workflow.history.back", { count: at - index }) : t("workflow.history.forward", { count: index - at })}
                </span>
                <time className="shrink-0 text-12 text-muted tabular" dateTime={new Date(step.at).toISOString()}>
                  {time.format(step.at)}
                </time>
              </button>
            </li>
          ))
          .toReversed()}
      </ol>
    </Panel>
  );
}
