import type { FlowMode } from "../graph/types";
import { workflowApi } from "../store/api";

/** Saves the app's file on this machine, with what was just changed. */
export async function downloadFile(flush: () => Promise<boolean>, { appId, mode }: { appId: string; mode: FlowMode }, name: string): Promise<void> {
  await flush();
  download(new Blob([await workflowApi.exportFile(appId, mode)], { type: "application/yaml" }), `${name}.yml`);
}

export function download(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
