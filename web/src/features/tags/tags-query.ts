import { queryOptions, useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, call, type Schemas } from "@/api/client";
import { patchListed } from "@/features/apps/apps-query";
import { useErrorText } from "@/i18n/errors";
import { showToast } from "@/ui/toast";

export type Tag = Schemas["AppTag"];
type TagRef = Schemas["TagRef"];

/** The tags of apps, newest first. */
export const tagsQuery = queryOptions({
  queryKey: ["tags", "app"],
  queryFn: ({ signal }) => call(api.GET("/tags", { signal })),
  staleTime: 10_000,
});

/** Tags count their apps, and lists of apps are filtered by tags: a change of one is a change of both. */
const refreshTagged = (queries: QueryClient) =>
  Promise.all([queries.invalidateQueries({ queryKey: ["tags"] }), queries.invalidateQueries({ queryKey: ["apps"] })]);

/** What people do to the tags themselves; lists of apps follow. */
export function useTagWrites() {
  const queries = useQueryClient();
  const refresh = () => refreshTagged(queries);
  return {
    add: async (name: string): Promise<Tag> => {
      const tag = await call(api.POST("/tags", { body: { type: "app", name } }));
      queries.setQueryData(tagsQuery.queryKey, (tags) => [tag, ...(tags ?? [])]);
      return tag;
    },
    rename: async (id: string, name: string) => {
      await call(api.PATCH("/tags/{tag_id}", { params: { path: { tag_id: id } }, body: { name } }));
      await refresh();
    },
    remove: async (id: string) => {
      await call(api.DELETE("/tags/{tag_id}", { params: { path: { tag_id: id } } }));
      queries.setQueryData(tagsQuery.queryKey, (tags) => tags?.filter((tag) => tag.id !== id));
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
    onSettled: () => refreshTagged(queries),
  });
}
