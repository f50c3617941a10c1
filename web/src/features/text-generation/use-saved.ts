import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useWebApp } from "@/features/webapp/webapp-context";
import { useErrorText } from "@/i18n/errors";
import { showToast } from "@/ui/toast";

function savedKey(code: string) {
  return ["saved", code] as const;
}

export function useSavedMessages(enabled: boolean) {
  const { code, client } = useWebApp();
  return useInfiniteQuery({
    queryKey: savedKey(code),
    enabled,
    queryFn: ({ pageParam }) => client.savedMessages(pageParam === "" ? undefined : pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => (page.has_more ? page.data.at(-1)?.id : undefined),
  });
}

/** Saves results for this visitor, and takes them off the list again. */
export function useSaved() {
  const { code, client } = useWebApp();
  const queries = useQueryClient();
  const errorText = useErrorText();
  const shared = {
    onError: (error: unknown) => showToast("danger", errorText(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: savedKey(code) }),
  };
  return {
    save: useMutation({ mutationFn: (id: string) => client.saveMessage(id), ...shared }),
    unsave: useMutation({ mutationFn: (id: string) => client.unsaveMessage(id), ...shared }),
  };
}
