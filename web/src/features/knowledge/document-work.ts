import { useQueryClient } from "@tanstack/react-query";
import { api, call, type Schemas } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { saveAs, saveBlob } from "@/ui/save-as";
import { showToast } from "@/ui/toast";

type Document = Schemas["DocumentShown"];
export type StateAction = "enable" | "disable" | "archive" | "un_archive";

export const UNDER_WAY: ReadonlySet<string> = new Set(["queuing", "indexing"]);

export const documentsKey = (baseId: string) => ["datasets", "documents", baseId] as const;

export type DocumentWork = ReturnType<typeof useDocumentWork>;

/** What can be done with documents of a base; the list is fetched again after each, and failures are told in a toast. */
export function useDocumentWork(baseId: string) {
  const queries = useQueryClient();
  const errorText = useErrorText();
  const path = { dataset_id: baseId };
  const refresh = async () => {
    await queries.invalidateQueries({ queryKey: documentsKey(baseId) });
    await queries.invalidateQueries({ queryKey: ["datasets", "one", baseId] });
  };
  const told = async (work: Promise<unknown>) => {
    try {
      await work;
    } catch (error) {
      showToast("danger", errorText(error));
    }
  };
  const change = (work: Promise<unknown>) => told(work.then(refresh));
  const one = (document_id: string) => ({ params: { path: { ...path, document_id } } });
  return {
    baseId,
    refresh,
    setState: (ids: string[], action: StateAction) =>
      change(api.PATCH("/datasets/{dataset_id}/documents/status/{action}/batch", { params: { path: { ...path, action }, query: { document_id: ids } } })),
    retry: (ids: string[]) => change(api.POST("/datasets/{dataset_id}/retry", { params: { path }, body: { document_ids: ids } })),
    summarise: (ids: string[]) =>
      change(api.POST("/datasets/{dataset_id}/documents/generate-summary", { params: { path }, body: { document_list: ids, anew: false } })),
    hold: (id: string) => change(api.PATCH("/datasets/{dataset_id}/documents/{document_id}/processing/pause", one(id))),
    goOn: (id: string) => change(api.PATCH("/datasets/{dataset_id}/documents/{document_id}/processing/resume", one(id))),
    sync: (document: Document) =>
      change(
        document.data_source_type === "notion_import"
          ? api.GET("/datasets/{dataset_id}/documents/{document_id}/notion/sync", one(document.id))
          : api.GET("/datasets/{dataset_id}/documents/{document_id}/website-sync", one(document.id)),
      ),
    /** One file as it is, several as an archive. */
    download: (documents: readonly Document[]) => {
      const ids = documents.map((document) => document.id);
      return told(ids.length === 1 ? saveFile(baseId, ids.join()) : saveArchive(baseId, ids));
    },
    exportChunks: (id: string) => saveAs(`/console/api/datasets/${baseId}/documents/${id}/export`),
    /** Raises ApiError. */
    rename: async (id: string, name: string) => {
      await api.POST("/datasets/{dataset_id}/documents/{document_id}/rename", { ...one(id), body: { name } });
      await refresh();
    },
    /** Raises ApiError. */
    remove: async (ids: string[]) => {
      await api.DELETE("/datasets/{dataset_id}/documents", { params: { path, query: { document_id: ids } } });
      await refresh();
    },
  };
}

async function saveFile(dataset_id: string, document_id: string): Promise<void> {
  const { url } = await call(api.GET("/datasets/{dataset_id}/documents/{document_id}/download", { params: { path: { dataset_id, document_id } } }));
  saveAs(url);
}

async function saveArchive(dataset_id: string, document_ids: string[]): Promise<void> {
  const { data } = await api.POST("/datasets/{dataset_id}/documents/download-zip", { params: { path: { dataset_id } }, body: { document_ids }, parseAs: "blob" });
  if (data !== undefined) saveBlob(data, "documents.zip");
}
