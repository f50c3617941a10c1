import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Badge } from "@/ui/badge";
import { Button, buttonClass } from "@/ui/button";
import { showToast } from "@/ui/toast";
import { addressOf, ServiceProblem } from "./sign-in-services";

const integrationsQuery = queryOptions({
  queryKey: ["account", "integrations"],
  queryFn: async ({ signal }) => (await call(api.GET("/account/integrates", { signal }))).data,
});

/** The services that one may sign in by, and which of them know one's account. Nothing where the server has none. */
export function IntegrationList() {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const { data } = useQuery(integrationsQuery);
  const unlink = useMutation({
    mutationFn: (provider: string) => call(api.DELETE("/account/integrates/{provider}", { params: { path: { provider } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: integrationsQuery.queryKey }),
    onError: (error) => showToast("danger", errorText(error)),
  });
  if (data === undefined || data.length === 0) return null;
  const problem = new URLSearchParams(location.search).get("problem") ?? undefined;
  return (
    <div>
      <h3 className="mb-1 text-16 font-semibold">{t("profile.integrations")}</h3>
      <p className="mb-4 text-muted">{t("profile.integrationsHint")}</p>
      <ServiceProblem problem={problem} />
      <ul aria-label={t("profile.integrations")} className="divide-y divide-line overflow-hidden rounded-card border border-line bg-surface">
        {data.map(({ provider, name, is_bound: linked }) => (
          <li key={provider} className="flex min-h-12 items-center gap-3 px-3 py-2">
            <span className="min-w-0 flex-1 truncate">{name}</span>
            {linked && <Badge tone="ok">{t("profile.linked")}</Badge>}
            {linked ? (
              <Button size="small" busy={unlink.isPending} aria-label={t("profile.unlinkNamed", { name })} onClick={() => unlink.mutate(provider)}>
                {t("profile.unlink")}
              </Button>
            ) : (
              <a href={addressOf(provider, { link: true })} aria-label={t("profile.linkNamed", { name })} className={buttonClass("plain", "small")}>
                {t("profile.link")}
              </a>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
