import { useQuery } from "@tanstack/react-query";
import { Unplug } from "lucide-react";
import { useEffect, useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/http";
import { WebAppClient } from "@/api/webapp";
import type { Site } from "@/api/webapp-types";
import { useErrorText } from "@/i18n/errors";
import { offerLanguage } from "@/i18n/i18n";
import { Button } from "@/ui/button";
import { Empty, Skeleton } from "@/ui/empty";
import { WebAppContext } from "./webapp-context";
import { applyChatColour } from "./chat-colour";

/** Loads a published app by its code and gives it to the page inside, or says why it is not there. */
export function WebAppGate({ code, children }: { code: string; children: ReactNode }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const client = useMemo(() => new WebAppClient(code), [code]);
  const app = useQuery({
    queryKey: ["webapp", code],
    queryFn: async () => {
      const [{ site }, parameters] = await Promise.all([client.site(), client.parameters()]);
      await offerLanguage(site.default_language);
      return { code, client, site, parameters };
    },
    staleTime: Infinity,
    retry: (failures, error) => isApiError(error, 0) && failures < 2,
  });
  useSiteLook(app.data?.site);

  if (app.data !== undefined) return <WebAppContext value={app.data}>{children}</WebAppContext>;
  if (app.error === null) return <LoadingPage />;
  const gone = isApiError(app.error) && app.error.status >= 400 && app.error.status < 500 && app.error.status !== 429;
  return (
    <main className="flex min-h-dvh items-center justify-center bg-bg">
      <Empty
        icon={<Unplug size={28} strokeWidth={1.5} />}
        title={gone ? t("webapp.unavailable") : t("webapp.cannotLoad")}
        text={gone ? t("webapp.unavailableText") : errorText(app.error)}
        action={!gone && <Button onClick={() => void app.refetch()}>{t("common.retry")}</Button>}
      />
    </main>
  );
}

function useSiteLook(site: Site | undefined): void {
  useEffect(() => {
    if (site === undefined) return;
    document.title = site.title;
    return applyChatColour(site.chat_color_theme);
  }, [site]);
}

function LoadingPage() {
  const { t } = useTranslation();
  return (
    <main className="flex min-h-dvh flex-col items-center bg-bg px-4 pt-24" aria-busy aria-label={t("common.loading")}>
      <div className="flex w-full max-w-180 flex-col gap-4">
        <Skeleton className="h-8 w-48" />
        <Skeleton className="h-5 w-full" />
        <Skeleton className="h-5 w-2/3" />
      </div>
    </main>
  );
}
