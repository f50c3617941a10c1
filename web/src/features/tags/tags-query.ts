import { queryOptions, useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { patchListed } from "@/features/apps/apps-query";
import { useErrorText } from "@/i18n/errors";
import { showToast } from "@/ui/toast";

export type Tag = Pick<Schemas["AppTag"], "id" | "name" | "binding_count">;
export type TagRef = Pick<Tag, "id" | "name">;
/** What tags mark: apps and knowledge bases each have their own. */
export type TagKind = "app" | "knowledge";

/** What is asked of the server about tags of a kind. */
const ROUTES = {
  app: {
    all: (signal: AbortSignal): Promise<Tag[]> => call(api.GET("/tags", { signal })),
    add: (name: string): Promise<Tag> => call(api.POST("/tags", { body: { type: "app", name } })),
    rename: (tag_id: string, name: string) => call(api.PATCH("/tags/{tag_id}", { params: { path: { tag_id } }, body: { name } })),
    remove: (tag_id: string) => call(api.DELETE("/tags/{tag_id}", { params: { path: { tag_id } } })),
  },
  knowledge: {
    all: async (signal: AbortSignal): Promise<Tag[]> => (await call(api.GET("/datasets/tags", { signal }))).map(counted),
    add: async (name: string): Promise<Tag> => counted(await call(api.POST("/datasets/tags", { body: { name } }))),
    rename: (tag_id: string, name: string) => call(api.PATCH("/datasets/tags/{tag_id}", { params: { path: { tag_id } }, body: { name } })),
    remove: (tag_id: string) => call(api.DELETE("/datasets/tags/{tag_id}", { params: { path: { tag_id } } })),
  },
} satisfies Record<TagKind, object>;

/** What lists the marked things are kept under. */
const MARKED = { app: ["apps"], knowledge: ["datasets"] } satisfies Record<TagKind, string[]>;

function counted(tag: Schemas["TagCount"]): Tag {
  return { ...tag, binding_count: Number(tag.binding_count) };
}

/** The tags of a kind, newest first. */
export function tagsQuery(kind: TagKind) {
  return queryOptions({ queryKey: ["tags", kind], queryFn: ({ signal }) => ROUTES[kind].all(signal), staleTime: 10_000 });
}

/** Tags count what they mark, and lists are filtered by tags: a change of one is a change of both. */
const refreshTagged = (queries: QueryClient, kind: TagKind) =>
  Promise.all([queries.invalidateQueries({ queryKey: ["tags", kind] }), queries.invalidateQueries({ queryKey: MARKED[kind] })]);

/** What people do to the tags themselves; lists of what they mark follow. */
export function useTagWrites(kind: TagKind) {
  const queries = useQueryClient();
  const { queryKey } = tagsQuery(kind);
  const refresh = () => refreshTagged(queries, kind);
  return {
    add: async (name: string): Promise<Tag> => {
      const tag = await ROUTES[kind].add(name);
      queries.setQueryData(queryKey, (tags) => [tag, ...(tags ?? [])]);
      return tag;
    },
    rename: async (id: string, name: string) => {
      await ROUTES[kind].rename(id, name);
      await refresh();
    },
    remove: async (id: string) => {
      await ROUTES[kind].remove(id);
      queries.setQueryData(queryKey, (tags) => tags?.filter((tag) => tag.id !== id));
      await refresh();
    },
  };
}

/** Puts a tag on an app or takes it off: seen at once, taken back when the server refuses. */
export function useTagging(appId: string) {
  const queries = useQueryClient();
  const errorText = useErrorText();
  const { t } = useTranslation();
  return useMutation({
    mutationFn: ({ tag, on }: { tag: TagRef; on: boolean }) => {
      const body = { type: "app" as const, tag_ids: [tag.id], target_id: appId };
      return on ? call(api.POST("/tag-bindings/create", { body })) : call(api.POST("/tag-bindings/remove", { body }));
    },
    onMutate: ({ tag, on }) =>
      patchListed(queries, appId, (app) => {
        const others = app.tags.filter(({ id }) => id !== tag.id);
        return { ...app, tags: on ? [...others, { id: tag.id, name: tag.name }] : others };
      }),
    onError: (error, { tag }, undo) => {
      undo?.();
      showToast("danger", t("apps.tags.notChanged", { name: tag.name, reason: errorText(error) }));
    },
    onSettled: () => refreshTagged(queries, "app"),
  });
}

/** Puts a tag on a knowledge base or takes it off. */
export function useBaseTagging(dataset_id: string) {
  const queries = useQueryClient();
  const errorText = useErrorText();
  const { t } = useTranslation();
  return useMutation({
    mutationFn: ({ tag, on }: { tag: TagRef; on: boolean }) =>
      on
        ? call(api.POST("/datasets/{dataset_id}/tags", { params: { path: { dataset_id } }, body: { tag_ids: [tag.id] } }))
        : call(api.DELETE("/datasets/{dataset_id}/tags/{tag_id}", { params: { path: { dataset_id, tag_id: tag.id } } })),
    onError: (error, { tag }) => showToast("danger", t("apps.tags.notChanged", { name: tag.name, reason: errorText(error) })),
    onSettled: () => refreshTagged(queries, "knowledge"),
  });
}
