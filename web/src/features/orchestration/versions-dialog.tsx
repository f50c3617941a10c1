import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import type { JsonObject } from "@/api/json";
import { workflowApi } from "@/features/workflow/store/api";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Spinner } from "@/ui/spinner";
import { Time } from "@/ui/time";
import { showToast } from "@/ui/toast";
import type { Editing } from "./use-configuration";

interface VersionsDialogProps {
  appId: string;
  editing: Editing;
  editable: boolean;
  onClose: () => void;
}

/** What was published, newest first; an earlier one can be taken up again. */
export function VersionsDialog({ appId, editing, editable, onClose }: VersionsDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [busy, setBusy] = useState<string | null>(null);
  const list = useInfiniteQuery({
    queryKey: ["versions", appId, "configuration"],
    queryFn: ({ pageParam }) => workflowApi.versions(appId, { page: pageParam, named_only: false }),
    initialPageParam: 1,
    getNextPageParam: (last, pages) => (last.has_more ? pages.length + 1 : undefined),
  });
  const take = async (id: string) => {
    setBusy(id);
    try {
      const version = await call(api.GET("/apps/{app_id}/workflows/{workflow_id}", { params: { path: { app_id: appId, workflow_id: id } } }));
      const configuration = (version.configuration ?? {}) as JsonObject;
      editing.change(() => configuration);
      showToast("ok", t("orchestration.versionTaken"));
      onClose();
    } catch (error) {
      showToast("danger", errorText(error));
      setBusy(null);
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} size="medium" title={t("orchestration.versions")} description={t("orchestration.versionsHint")}>
      {list.isPending && <Spinner />}
      {list.isError && <p className="text-danger">{errorText(list.error)}</p>}
      <ul className="flex flex-col divide-y divide-line">
        {list.data?.pages
          .flatMap((page) => page.items)
          .map((version) => (
            <li key={version.id} className="flex min-h-11 items-center gap-2">
              <span className="min-w-0 flex-1 truncate">
                <Time at={version.created_at} />
                {version.created_by !== null && <span className="text-muted"> · {version.created_by.name}</span>}
              </span>
              {version.current ? (
                <Badge tone="ok">{t("orchestration.current")}</Badge>
              ) : (
                <Button size="small" busy={busy === version.id} disabled={!editable} onClick={() => void take(version.id)}>
                  {t("orchestration.takeVersion")}
                </Button>
              )}
            </li>
          ))}
      </ul>
      {list.hasNextPage && (
        <Button size="small" variant="quiet" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t("orchestration.moreVersions")}
        </Button>
      )}
    </Dialog>
  );
}
