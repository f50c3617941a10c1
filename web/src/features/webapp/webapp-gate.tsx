import { useQuery } from "@tanstack/react-query";
import { Unplug } from "lucide-react";
import { useEffect, useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/http";
import { visitorPassports, WebAppClient } from "@/api/webapp";
import type { Site } from "@/api/webapp-types";
import { useErrorText } from "@/i18n/errors";
import { offerLanguage } from "@/i18n/i18n";
import { Button } from "@/ui/button";
import { Empty, Skeleton } from "@/ui/empty";
import { NOBODY, type Visitor } from "./visitor";
import { WebAppContext } from "./webapp-context";
import { applyChatColour } from "./chat-colour";

interface WebAppGateProps {
  code: string;
  /** In the console: the member's own way to the app. */
  member?: WebAppClient;
  visitor?: Visitor;
  children: ReactNode;
}

/** Loads a published app by its code and gives it to the page inside, or says why it is not there. */
export function WebAppGate({ code, member, visitor = NOBODY, children }: WebAppGateProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const client = useMemo(() => member ?? new WebAppClient(code, visitorPassports(code, visitor.userId)), [code, member, visitor.userId]);
  const inConsole = member !== undefined;
  const app = useQuery({
    queryKey: ["webapp", code],
    queryFn: async () => {
      const [{ site }, parameters] = await Promise.all([client.site(), client.parameters()]);
      if (!inConsole) await offerLanguage(site.default_language);
      return { code, client, site, parameters, visitor, inConsole };
    },
    staleTime: Infinity,
    retry: (failures, error) => isApiError(error, 0) && failures < 2,
  });
  useSiteLook(app.data?.site, inConsole);

  if (app.data !== undefined) return <WebAppContext value={app.data}>{children}</WebAppContext>;
  const Main = inConsole ? "section" : "main";
  if (app.error === null) return <LoadingPage as={Main} />;
  const gone = isApiError(app.error) && app.error.status >= 400 && app.error.status < 500 && app.error.status !== 429;
  return (
    <Main className="flex min-h-(--page-height,100dvh) items-center justify-center bg-bg">
      <Empty
        icon={<Unplug size={28} strokeWidth={1.5} />}
        title={gone ? t("webapp.unavailable") : t("webapp.cannotLoad")}
        text={gone ? t("webapp.unavailableText") : errorText(app.error)}
        action={!gone && <Button onClick={() => void app.refetch()}>{t("common.retry")}</Button>}
      />
    </Main>
  );
}

function useSiteLook(site: Site | undefined, inConsole: boolean): void {
  useEffect(() => {
    if (site === undefined) return;
    if (!inConsole) document.title = site.title;
    return inConsole ? undefined : applyChatColour(site.chat_color_theme);
  }, [site, inConsole]);
}

function LoadingPage({ as: Main }: { as: "main" | "section" }) {
  const { t } = useTranslation();
  return (
    <Main className="flex min-h-(--page-height,100dvh) flex-col items-center bg-bg px-4 pt-24" aria-busy aria-label={t("common.loading")}>
      <div className="flex w-full max-w-180 flex-col gap-4">
        <Skeleton className="h-8 w-48" />
        <Skeleton className="h-5 w-full" />
        <Skeleton className="h-5 w-2/3" />
      </div>
    </Main>
  );
}
