import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Laptop, Smartphone } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/empty";
import { Time } from "@/ui/time";
import { showToast } from "@/ui/toast";
import { ownSessionsQuery } from "./profile-query";
import { deviceOf } from "./device";

/** Where one is signed in, and the way to end it there. */
export function SessionList() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const sessions = useQuery(ownSessionsQuery);
  const onSuccess = () => queries.invalidateQueries({ queryKey: ownSessionsQuery.queryKey });
  const onError = (error: unknown) => showToast("danger", errorText(error));
  const end = useMutation({
    mutationFn: (id: string) => call(api.DELETE("/account/sessions/{session_id}", { params: { path: { session_id: id } } })),
    onSuccess,
    onError,
  });
  const endOthers = useMutation({ mutationFn: () => call(api.DELETE("/account/sessions")), onSuccess, onError });
  const rows = sessions.data ?? [];
  return (
    <div>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <h3 className="text-16 font-semibold">{t("profile.sessions")}</h3>
        {rows.length > 1 && (
          <Button busy={endOthers.isPending} onClick={() => endOthers.mutate()}>
            {t("profile.endOthers")}
          </Button>
        )}
      </div>
      {sessions.isPending && <Skeleton className="h-20 w-full" />}
      {sessions.isError && (
        <p role="alert" className="text-danger">
          {errorText(sessions.error)}
        </p>
      )}
      <ul className="divide-y divide-line overflow-hidden rounded-card border border-line bg-surface empty:hidden" aria-label={t("profile.sessions")}>
        {rows.map((row) => {
          const device = deviceOf(row.user_agent);
          const name = device === null ? t("profile.unknownDevice") : t("profile.device", { browser: device.browser, system: device.system });
          const Icon = device?.mobile === true ? Smartphone : Laptop;
          return (
            <li key={row.id} className="flex min-h-14 items-center gap-3 px-4 py-2">
              <Icon aria-hidden size={18} strokeWidth={1.5} className="shrink-0 text-muted" />
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium" title={row.user_agent}>
                  {name}
                </span>
                <span className="block text-12 text-muted">
                  {t("profile.since")} <Time at={row.created_at} />
                </span>
              </span>
              {row.current ? (
                <Badge tone="accent">{t("profile.thisDevice")}</Badge>
              ) : (
                <Button size="small" busy={end.isPending && end.variables === row.id} onClick={() => end.mutate(row.id)} aria-label={t("profile.endNamed", { name })}>
                  {t("profile.end")}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
