import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { compare } from "../graph/comparing";
import { documentOf, useSaveState, useSaving, useWorkflowStore } from "../store";
import { ChangesList } from "./changes-list";

/** Somebody else saved the same draft meanwhile: says what differs on both sides, and loses neither unasked. */
export function ConflictDialog() {
  const { t } = useTranslation();
  const saving = useSaving();
  const conflict = useSaveState((state) => state.conflict);
  const store = useWorkflowStore();
  const [later, setLater] = useState<object | null>(null);
  const sides = useMemo(
    () =>
      conflict === null
        ? null
        : { mine: compare(conflict.base, documentOf(store.getState())), theirs: compare(conflict.base, conflict.theirs) },
    [conflict, store],
  );
  if (conflict === null || sides === null) return null;
  const who = conflict.draft.updated_by ?? t("workflow.conflict.somebody");
  return (
    <>
      {later === conflict && (
        <div role="alert" className="absolute inset-x-0 top-0 z-20 flex items-center justify-center gap-3 bg-warn-soft px-3 py-1.5 text-warn">
          {t("workflow.conflict.waiting")}
          <Button size="small" onClick={() => setLater(null)}>
            {t("workflow.conflict.decide")}
          </Button>
        </div>
      )}
      <Dialog
        open={later !== conflict}
        onOpenChange={(open) => {
          if (!open) setLater(conflict);
        }}
        size="large"
        title={t("workflow.conflict.title")}
        description={t(conflict.together === null ? "workflow.conflict.text" : "workflow.conflict.textTogether", { who })}
        footer={
          <div className="flex flex-1 flex-wrap justify-end gap-2">
            <Button onClick={() => saving.takeTheirs()}>{t("workflow.conflict.theirs")}</Button>
            <Button variant={conflict.together === null ? "primary" : "plain"} onClick={() => void saving.keepMine()}>
              {t("workflow.conflict.mine")}
            </Button>
            {conflict.together !== null && (
              <Button variant="primary" onClick={() => void saving.keepBoth()}>
                {t("workflow.conflict.both")}
              </Button>
            )}
          </div>
        }
      >
        <div className="grid gap-4 sm:grid-cols-2">
          <section>
            <h3 className="mb-2 font-semibold">{t("workflow.conflict.yours")}</h3>
            <ChangesList comparison={sides.mine} />
          </section>
          <section>
            <h3 className="mb-2 font-semibold">{t("workflow.conflict.of", { who })}</h3>
            <ChangesList comparison={sides.theirs} />
          </section>
        </div>
      </Dialog>
    </>
  );
}
