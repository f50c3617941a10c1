import type { Uploader } from "@/api/upload";
import type { SystemParameters } from "@/api/webapp-types";
import { AttachMenu } from "@/features/files/attach-menu";
import { AttachmentChips } from "@/features/files/attachment-chips";
import { useAttachments, type Attachment } from "@/features/files/attachments";
import { fieldFileLimits } from "@/features/files/limits";
import { useFileIntake } from "@/features/files/use-file-intake";
import type { InputField } from "./fields";

interface FileFieldProps {
  id: string;
  field: InputField;
  client: Uploader;
  system: SystemParameters | null;
  files: readonly Attachment[];
  onChange: (update: (files: readonly Attachment[]) => readonly Attachment[]) => void;
}

export function FileField({ id, field, client, system, files, onChange }: FileFieldProps) {
  const limits = fieldFileLimits(field, system);
  const list = useAttachments(client, files, onChange);
  const intake = useFileIntake(list, files, limits);
  return (
    <div
      id={id}
      role="group"
      aria-label={field.label}
      tabIndex={-1}
      className="flex flex-col items-start gap-2 rounded-control border border-dashed border-line p-2"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        intake.takeFiles(event.dataTransfer.files);
      }}
    >
      <AttachmentChips files={files} list={list} />
      <AttachMenu limits={limits} intake={intake} labelled disabled={files.length >= limits.count} />
    </div>
  );
}
