import { api, call } from "@/api/client";
import { sourceList, type Chosen } from "./chosen";
import { formOf, ruleOf, type Cutting } from "./cutting";
import type { Indexing } from "./index-fields";
import { membersOf, type Naming } from "./name-fields";

export interface Sent {
  baseId: string;
  batch: string;
}

const body = (chosen: Chosen, cutting: Cutting) => ({
  data_source: { type: chosen.type, info_list: sourceList(chosen) },
  process_rule: ruleOf(cutting),
  doc_form: formOf(cutting.way),
  doc_language: cutting.language,
});

const settled = ({ technique, provider, model, retrieval }: Indexing) => ({
  indexing_technique: technique,
  retrieval_model: retrieval as Record<string, unknown>,
  ...(technique === "high_quality" && model !== "" ? { embedding_model: model, embedding_model_provider: provider } : {}),
});

/** A new base of its first documents. */
export async function beginBase(chosen: Chosen, cutting: Cutting, indexing: Indexing, naming: Naming): Promise<Sent> {
  const looks = { dataset_permission: naming.permission, dataset_members: membersOf(naming), ...(naming.name.trim() === "" ? {} : { dataset_name: naming.name.trim() }) };
  const { dataset, batch } = await call(api.POST("/datasets/init", { body: { ...body(chosen, cutting), ...settled(indexing), ...looks } }));
  if (dataset == null) throw new Error("The server made no base.");
  return { baseId: dataset.id, batch };
}

/** More documents for a base; `indexing` for one that is empty. */
export async function addDocuments(baseId: string, chosen: Chosen, cutting: Cutting, indexing: Indexing | null): Promise<Sent> {
  const { batch } = await call(
    api.POST("/datasets/{dataset_id}/documents", { params: { path: { dataset_id: baseId } }, body: { ...body(chosen, cutting), ...(indexing === null ? {} : settled(indexing)) } }),
  );
  return { baseId, batch };
}

/** A document cut anew. What was edited in its chunks is lost. */
export async function cutAgain(baseId: string, documentId: string, cutting: Cutting): Promise<Sent> {
  const { batch } = await call(
    api.POST("/datasets/{dataset_id}/documents", {
      params: { path: { dataset_id: baseId } },
      body: { original_document_id: documentId, process_rule: ruleOf(cutting), doc_form: formOf(cutting.way), doc_language: cutting.language },
    }),
  );
  return { baseId, batch };
}
