import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Settings2, X } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { ModelSelector } from "@/features/model-picker/model-selector";
import { useErrorText } from "@/i18n/errors";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Slider } from "@/ui/slider";
import { Switch } from "@/ui/switch";
import { showToast } from "@/ui/toast";
import { annotationsKey, replyQuery } from "./annotations-query";

type Setting = Schemas["ReplySetting"];

const USUAL = 90;

/** Whether the app answers with its annotations, how far that is, and the way to change it. */
export function ReplyCard({ appId }: { appId: string }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const setting = useQuery(replyQuery(appId)).data;
  const refresh = () => queries.invalidateQueries({ queryKey: [...annotationsKey(appId), "reply"] });
  const disable = useMutation({
    mutationFn: () => call(api.POST("/apps/{app_id}/annotation-reply/{action}", { params: { path: { app_id: appId, action: "disable" } } })),
    onSettled: refresh,
    onError: (error) => showToast("danger", errorText(error)),
  });
  const job = setting?.job ?? null;
  const on = setting?.enabled === true;
  return (
    <section aria-label={t("annotations.reply")} className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-card border border-line bg-surface p-4">
      <div className="min-w-0 flex-1">
        <h2 className="font-medium">{t("annotations.reply")}</h2>
        <p className="text-muted">{t("annotations.replyHint")}</p>
        {job !== null && (
          <p role="status" className="text-12 text-muted">
            {t("annotations.working", { done: job.done, total: job.total })}
          </p>
        )}
        {job === null && (setting?.pending ?? 0) > 0 && <p className="text-12 text-muted">{t("annotations.pending", { count: setting?.pending ?? 0 })}</p>}
        {setting?.error != null && setting.error !== "" && <p className="text-12 text-danger">{t("annotations.failed", { reason: setting.error })}</p>}
      </div>
      <IconButton label={t("annotations.settings")} disabled={setting === undefined} onClick={() => setOpen(true)}>
        <Settings2 size={16} strokeWidth={1.5} />
      </IconButton>
      <Switch
        label={t(on ? "annotations.replyOn" : "annotations.replyOff")}
        checked={on}
        disabled={setting === undefined || job !== null || disable.isPending}
        onChange={(wanted) => (wanted ? setOpen(true) : disable.mutate())}
      />
      {open && setting !== undefined && <ReplyDialog appId={appId} setting={setting} onSaved={refresh} onClose={() => setOpen(false)} />}
    </section>
  );
}

interface ReplyDialogProps {
  appId: string;
  setting: Setting;
  onSaved: () => unknown;
  onClose: () => void;
}

function ReplyDialog({ appId, setting, onSaved, onClose }: ReplyDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const ids = { threshold: useId(), model: useId() };
  const [percent, setPercent] = useState(Math.round((setting.score_threshold ?? USUAL / 100) * 100));
  const [model, setModel] = useState({ provider: setting.embedding_model?.embedding_provider_name ?? "", name: setting.embedding_model?.embedding_model_name ?? "" });
  const save = useMutation({
    mutationFn: () =>
      call(
        api.POST("/apps/{app_id}/annotation-reply/{action}", {
          params: { path: { app_id: appId, action: "enable" } },
          body: { score_threshold: percent / 100, embedding_provider_name: model.provider, embedding_model_name: model.name },
        }),
      ),
    onSuccess: async () => {
      await onSaved();
      onClose();
    },
  });
  return (
    <Dialog
      open
      size="medium"
      onOpenChange={onClose}
      title={t("annotations.reply")}
      description={t("annotations.replyHint")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button variant="primary" busy={save.isPending} onClick={() => save.mutate()}>
            {t(setting.enabled ? "annotations.apply" : "annotations.turnOn")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field id={ids.threshold} label={t("annotations.threshold")} hint={t("annotations.thresholdHint", { percent })}>
          <Slider id={ids.threshold} label={t("annotations.threshold")} min={80} max={100} value={percent} onChange={setPercent} />
        </Field>
        <Field id={ids.model} label={t("annotations.model")} hint={t("annotations.modelHint")}>
          <div className="flex gap-2">
            <div className="min-w-0 flex-1">
              <ModelSelector
                id={ids.model}
                kind="text-embedding"
                provider={model.provider}
                name={model.name}
                label={model.name === "" ? t("annotations.noModel") : t("annotations.model")}
                onChoose={(provider, chosen) => setModel({ provider: provider.provider, name: chosen.model })}
              />
            </div>
            {model.name !== "" && (
              <IconButton label={t("annotations.noModel")} onClick={() => setModel({ provider: "", name: "" })}>
                <X size={16} strokeWidth={1.5} />
              </IconButton>
            )}
          </div>
        </Field>
        {save.isError && (
          <p role="alert" className="text-danger">
            {errorText(save.error)}
          </p>
        )}
      </div>
    </Dialog>
  );
}
