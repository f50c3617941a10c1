import { useTranslation } from "react-i18next";
import { showToast } from "@/ui/toast";
import type { Attachment, AttachmentList } from "./attachments";
import { judgeFile, typeOf, type FileLimits, type FileRefusal } from "./limits";

export interface FileIntake {
  takeFiles: (files: Iterable<File>) => void;
  /** False when the link is not one. */
  takeLink: (url: string) => boolean;
}

/** Checks files against the limits of a place before they are uploaded, and says the limit a file breaks. */
export function useFileIntake(list: AttachmentList, present: readonly Attachment[], limits: FileLimits): FileIntake {
  const { t } = useTranslation();

  const refuse = (name: string, refusal: FileRefusal) => {
    if (refusal.kind === "count") showToast("danger", t("files.tooMany", { count: refusal.max }));
    else if (refusal.kind === "size") showToast("danger", t("files.tooLarge", { name, megabytes: refusal.megabytes }));
    else showToast("danger", t("files.wrongType", { name, types: limits.types.map((type) => t(`files.types.${type}`)).join(", ") }));
  };

  return {
    takeFiles: (files) => {
      let count = present.length;
      for (const file of files) {
        const judged = judgeFile(file, count, limits);
        if (typeof judged === "string") {
          list.add(file, judged);
          count += 1;
        } else {
          refuse(file.name, judged);
          if (judged.kind === "count") return;
        }
      }
    },
    takeLink: (text) => {
      const url = URL.canParse(text) ? new URL(text) : null;
      if (url === null || !/^https?:$/.test(url.protocol)) return false;
      if (present.length >= limits.count) refuse(text, { kind: "count", max: limits.count });
      else list.addLink(url.href, typeOf(url.pathname, "", limits) ?? limits.types[0] ?? "custom");
      return true;
    },
  };
}
