import { queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";

export const FIELD_TYPES = ["string", "number", "time"] as const;
/** What every document has, where its base is set to tell. */
export const BUILT_IN = ["document_name", "uploader", "upload_date", "last_update_date", "source"] as const;
/** The id of all of them. */
export const BUILT_IN_ID = "built-in";

/** The metadata fields of a base, with how many documents have each. */
export function fieldsQuery(baseId: string) {
  return queryOptions({
    queryKey: ["datasets", baseId, "metadata"],
    queryFn: ({ signal }) => call(api.GET("/datasets/{dataset_id}/metadata", { params: { path: { dataset_id: baseId } }, signal })),
  });
}
