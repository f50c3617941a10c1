import { useEffect, useRef } from "react";
import { isApiError } from "@/api/http";
import type { FileMapping, FileType } from "@/api/webapp-types";
import type { Uploader } from "@/api/upload";

interface AttachmentBase {
  key: string;
  name: string;
  type: FileType;
  size: number | null;
  /** An object URL or link to show a picture of. */
  preview: string | null;
}

export type Attachment = AttachmentBase &
  (
    | { state: "uploading"; progress: number }
    | { state: "failed"; code: string; message: string; file: File }
    | { state: "ready"; mapping: FileMapping }
  );

/** The files of one place while they are added, uploaded, retried and removed. */
export interface AttachmentList {
  add: (file: File, type: FileType) => void;
  addLink: (url: string, type: FileType) => void;
  retry: (key: string) => void;
  remove: (key: string) => void;
}

let counter = 0;

/** Ties a list of attachments, held by the caller, to uploads that outlive renders and end with the component. */
export function useAttachments(
  client: Uploader,
  value: readonly Attachment[],
  onChange: (update: (files: readonly Attachment[]) => readonly Attachment[]) => void,
): AttachmentList {
  const uploads = useRef(new Map<string, AbortController>());

  useEffect(() => {
    const running = uploads.current;
    return () => {
      for (const controller of running.values()) controller.abort();
    };
  }, []);

  const replace = (key: string, next: (file: Attachment) => Attachment) => {
    onChange((files) => files.map((file) => (file.key === key ? next(file) : file)));
  };

  const upload = (base: AttachmentBase, file: File) => {
    const controller = new AbortController();
    uploads.current.set(base.key, controller);
    const progress = (share: number) => replace(base.key, () => ({ ...base, state: "uploading", progress: share }));
    client
      .upload(file, progress, controller.signal)
      .then(({ id }) => {
        const mapping: FileMapping = { type: base.type, transfer_method: "local_file", upload_file_id: id };
        replace(base.key, () => ({ ...base, state: "ready", mapping }));
      })
      .catch((error: unknown) => {
        if (controller.signal.aborted) return;
        const { code, message } = isApiError(error) ? error : { code: "unknown", message: "" };
        replace(base.key, () => ({ ...base, state: "failed", code, message, file }));
      })
      .finally(() => uploads.current.delete(base.key));
  };

  return {
    add: (file, type) => {
      const preview = type === "image" ? URL.createObjectURL(file) : null;
      const base = { key: `file-${++counter}`, name: file.name, type, size: file.size, preview };
      onChange((files) => [...files, { ...base, state: "uploading", progress: 0 }]);
      upload(base, file);
    },
    addLink: (url, type) => {
      const name = decodeURIComponent(new URL(url).pathname.split("/").pop() ?? "") || url;
      const preview = type === "image" ? url : null;
      const mapping: FileMapping = { type, transfer_method: "remote_url", url };
      onChange((files) => [...files, { key: `file-${++counter}`, name, type, size: null, preview, state: "ready", mapping }]);
    },
    retry: (key) => {
      const failed = value.find((file) => file.key === key);
      if (failed?.state !== "failed") return;
      const { name, type, size, preview, file } = failed;
      replace(key, () => ({ key, name, type, size, preview, state: "uploading", progress: 0 }));
      upload({ key, name, type, size, preview }, file);
    },
    remove: (key) => {
      uploads.current.get(key)?.abort();
      onChange((files) => files.filter((file) => file.key !== key));
    },
  };
}

export function readyMappings(files: readonly Attachment[]): FileMapping[] {
  return files.flatMap((file) => (file.state === "ready" ? [file.mapping] : []));
}
