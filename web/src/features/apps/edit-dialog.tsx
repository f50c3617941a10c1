import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Dialog } from "@/ui/dialog";
import { Skeleton } from "@/ui/empty";
import { Field, TextInput } from "@/ui/field";
import { useAppChanging } from "./app-writes";
import { appQuery } from "./apps-query";
import { looksOf } from "./looks";
import { LooksDialog } from "./looks-dialog";

interface EditDialogProps {
  appId: string;
  onClose: () => void;
}

/** The name, the looks and the limits of an app. Mounted means open. */
export function EditDialog({ appId, onClose }: EditDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const app = useQuery(appQuery(appId));
  if (app.data !== undefined) return <EditForm app={app.data} onClose={onClose} />;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("apps.edit.title")} size="medium">
      {app.error === null ? (
        <Skeleton className="h-40 w-full" />
      ) : (
        <div role="alert" className="flex items-center gap-3 text-danger">
          {errorText(app.error)}
          <Button onClick={() => void app.refetch()}>{t("common.retry")}</Button>
        </div>
      )}
    </Dialog>
  );
}

function EditForm({ app, onClose }: { app: Schemas["AppDetail"]; onClose: () => void }) {
  const { t } = useTranslation();
  const id = useId();
  const { change } = useAppChanging();
  const [asAnswerIcon, setAsAnswerIcon] = useState(app.use_icon_as_answer_icon);
  const [limit, setLimit] = useState(app.max_active_requests === null ? "" : String(app.max_active_requests));
  const talks = app.mode !== "workflow" && app.mode !== "completion";
  return (
    <LooksDialog
      onClose={onClose}
      title={t("apps.edit.title")}
      action={t("apps.edit.action")}
      looks={looksOf(app)}
      appId={app.id}
      withDescription
      onSend={(looks) =>
        change(
          app.id,
          { ...looks, use_icon_as_answer_icon: asAnswerIcon, max_active_requests: limit === "" ? null : Number(limit) },
          { ...looksOf(app), use_icon_as_answer_icon: app.use_icon_as_answer_icon, max_active_requests: app.max_active_requests },
        )
      }
    >
      {talks && <Checkbox checked={asAnswerIcon} onChange={setAsAnswerIcon} label={t("apps.edit.answerIcon")} />}
      <Field id={`${id}-limit`} label={t("apps.edit.limit")} optional hint={t("apps.edit.limitHint")}>
        <TextInput
          id={`${id}-limit`}
          inputMode="numeric"
          className="max-w-40"
          value={limit}
          onChange={(event) => setLimit(event.target.value.replace(/\D/g, "").slice(0, 6))}
        />
      </Field>
    </LooksDialog>
  );
}
