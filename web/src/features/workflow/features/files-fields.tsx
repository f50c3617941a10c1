import { useTranslation } from "react-i18next";
import type { FileType } from "@/api/webapp-types";
import { Block } from "@/features/orchestration/block";
import type { FeatureProps } from "@/features/orchestration/configuration";
import { KINDS, uploadsIn, withUploads, type Uploads } from "@/features/orchestration/files";
import { UploadSettings } from "@/features/orchestration/files-block";
import { Field } from "@/ui/field";
import { Switch } from "@/ui/switch";
import { TagInput } from "@/ui/tag-input";
import type { FlowMode } from "../graph/types";

const ALL: readonly FileType[] = [...KINDS, "custom"];

/** Which files come along as `sys.files`. A workflow takes pictures; for others it has file variables. */
export function FilesFields({ configuration, change, disabled, mode }: FeatureProps & { mode: FlowMode }) {
  const { t } = useTranslation();
  const uploads = uploadsIn(configuration);
  const offered = ALL.filter((kind) => mode === "advanced-chat" || kind === "image" || uploads.kinds.includes(kind));
  const set = (part: Partial<Uploads>) => change((before) => withUploads(before, { ...uploadsIn(before), ...part }));
  return (
    <Block title={t("orchestration.files")} hint={t(mode === "advanced-chat" ? "orchestration.filesOfChatflows" : "orchestration.filesOfWorkflows")}>
      {offered.map((kind) => (
        <Switch key={kind} label={t(`orchestration.kinds.${kind}`)} checked={uploads.kinds.includes(kind)} disabled={disabled} onChange={(on) => set({ kinds: toggled(uploads.kinds, kind, on) })} />
      ))}
      {uploads.kinds.includes("custom") && (
        <Field id="file-extensions" label={t("orchestration.extensions")} {...(uploads.extensions.length === 0 ? { error: t("orchestration.noExtensions") } : {})}>
          <TagInput id="file-extensions" label={t("orchestration.extensions")} placeholder=".epub" value={uploads.extensions} disabled={disabled} onChange={(next) => set({ extensions: next.map(withDot) })} />
        </Field>
      )}
      <UploadSettings uploads={uploads} set={set} disabled={disabled} />
    </Block>
  );
}

/** Files by their extensions are taken alone, not beside the kinds that are known. */
function toggled(kinds: readonly FileType[], kind: FileType, on: boolean): FileType[] {
  if (!on) return kinds.filter((each) => each !== kind);
  return kind === "custom" ? [kind] : [...kinds.filter((each) => each !== "custom"), kind];
}

function withDot(extension: string): string {
  return extension.startsWith(".") ? extension : `.${extension}`;
}
