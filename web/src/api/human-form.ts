import { fetchOk, jsonOf } from "./http";
import type { JsonObject } from "./json";
import { sendFile, type Uploader } from "./upload";
import type { FileType, SystemParameters, TransferMethod, UploadedFile } from "./webapp-types";

export interface FormQuestion {
  type: "paragraph" | "select" | "file" | "file-list";
  output_variable_name: string;
  default?: { value: string };
  option_source?: { value: string[] };
  allowed_file_types?: FileType[];
  allowed_file_extensions?: string[];
  allowed_file_upload_methods?: TransferMethod[];
  number_limits?: number | null;
}

export interface FormAction {
  id: string;
  title: string;
  button_style: "primary" | "default" | "accent" | "ghost";
}

/** A form that a run waits for (spec: service API §3.15). */
export interface HumanForm {
  form_content: string;
  inputs: FormQuestion[];
  user_actions: FormAction[];
  /** Seconds since the epoch. */
  expiration_time: number;
  title: string;
  site: { title: string; icon: string | null; icon_background: string | null; default_language: string };
  system_parameters: SystemParameters;
}

/** The form behind one link. */
export class HumanFormClient implements Uploader {
  private readonly path: string;

  constructor(token: string) {
    this.path = `/api/form/human_input/${encodeURIComponent(token)}`;
  }

  async load(): Promise<HumanForm> {
    return jsonOf<HumanForm>(await fetchOk(this.path, {}));
  }

  async submit(action: string, inputs: JsonObject): Promise<void> {
    const headers = { "Content-Type": "application/json" };
    await fetchOk(this.path, { method: "POST", headers, body: JSON.stringify({ action, inputs }) });
  }

  upload(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<UploadedFile> {
    return sendFile(`${this.path}/upload`, {}, file, onProgress, signal);
  }
}
