import { useTranslation } from "react-i18next";
import { hasFeature, useModel } from "@/features/model-picker/models";
import { Checkbox } from "@/ui/checkbox";
import { Field } from "@/ui/field";
import { Segmented } from "@/ui/segmented";
import { Slider } from "@/ui/slider";
import { Switch } from "@/ui/switch";
import { Block, OpeningRow } from "./block";
import { section, textIn, type FeatureProps } from "./configuration";
import { ABILITY, KINDS, METHODS, MOST_FILES, uploadsIn, withUploads, type Kind, type Uploads } from "./files";

/** Which files may be sent along: those that the model can look at, listen to or read. */
export function FilesBlock({ configuration, change, disabled }: FeatureProps) {
  const { t } = useTranslation();
  const model = section(configuration, "model");
  const found = useModel("llm", textIn(model, "provider"), textIn(model, "name")).model;
  const uploads = uploadsIn(configuration);
  const set = (part: Partial<Uploads>) => change((before) => withUploads(before, { ...uploadsIn(before), ...part }));
  const toggle = (kind: Kind, on: boolean) => set({ kinds: on ? [...uploads.kinds, kind] : uploads.kinds.filter((each) => each !== kind) });
  return (
    <Block title={t("orchestration.files")} hint={t("orchestration.filesHint")}>
      {KINDS.map((kind) => {
        const able = hasFeature(found, ABILITY[kind]);
        const on = uploads.kinds.includes(kind);
        if (kind !== "image" && !able && !on) return null;
        return (
          <Switch
            key={kind}
            label={t(`orchestration.kinds.${kind}`)}
            {...(able ? {} : { hint: t(on ? "orchestration.unableOn" : "orchestration.unable") })}
            checked={on}
            disabled={disabled || (!able && !on)}
            onChange={(checked) => toggle(kind, checked)}
          />
        );
      })}
      <UploadSettings uploads={uploads} set={set} disabled={disabled} />
    </Block>
  );
}

interface UploadSettingsProps {
  uploads: Uploads;
  set: (part: Partial<Uploads>) => void;
  disabled: boolean;
}

/** How files are sent, how many, and how closely pictures are looked at; nothing while no files may be sent. */
export function UploadSettings({ uploads, set, disabled }: UploadSettingsProps) {
  const { t } = useTranslation();
  if (uploads.kinds.length === 0) return null;
  return (
    <OpeningRow
      name={
        <>
          <span className="truncate">{t("orchestration.uploading")}</span>
          <span className="min-w-0 truncate text-12 text-muted">{t("orchestration.atMost", { count: uploads.count })}</span>
        </>
      }
    >
      {uploads.kinds.includes("image") && (
        <Field id="detail" label={t("orchestration.detail")} hint={t("orchestration.detailHint")}>
          <Segmented
            label={t("orchestration.detail")}
            value={uploads.detail}
            disabled={disabled}
            onChange={(detail) => set({ detail })}
            options={(["low", "high"] as const).map((value) => ({ value, label: t(`orchestration.${value}`) }))}
          />
        </Field>
      )}
      <div role="group" aria-label={t("orchestration.methods")} className="flex flex-col gap-1">
        <span className="font-medium">{t("orchestration.methods")}</span>
        <div className="flex flex-wrap gap-x-5 gap-y-1">
          {METHODS.map((method) => (
            <Checkbox
              key={method}
              label={t(`orchestration.method.${method}`)}
              checked={uploads.methods.includes(method)}
              disabled={disabled || (uploads.methods.length === 1 && uploads.methods[0] === method)}
              onChange={(on) => set({ methods: METHODS.filter((each) => (each === method ? on : uploads.methods.includes(each))) })}
            />
          ))}
        </div>
      </div>
      <Field id="file-count" label={t("orchestration.fileCount")}>
        <Slider id="file-count" label={t("orchestration.fileCount")} value={uploads.count} min={1} max={MOST_FILES} disabled={disabled} onChange={(count) => set({ count })} />
      </Field>
    </OpeningRow>
  );
}
