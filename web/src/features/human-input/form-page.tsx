import { useQuery } from "@tanstack/react-query";
import { CheckCircle2 } from "lucide-react";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { HumanFormClient, type HumanForm } from "@/api/human-form";
import { isApiError } from "@/api/http";
import { PreferencesMenu } from "@/features/webapp/preferences-menu";
import { useErrorText } from "@/i18n/errors";
import { offerLanguage } from "@/i18n/i18n";
import { AppIcon } from "@/ui/app-icon";
import { Skeleton } from "@/ui/empty";
import { Closed, Outcome } from "./outcome";
import { FormQuestions } from "./form-questions";

/** The page of a form that a run waits for: whoever has its link may answer, once. */
export function FormPage({ token }: { token: string }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const client = useMemo(() => new HumanFormClient(token), [token]);
  const [sent, setSent] = useState<string | null>(null);
  const form = useQuery({
    queryKey: ["human-form", token],
    queryFn: async () => {
      const loaded = await client.load();
      await offerLanguage(loaded.site.default_language);
      return loaded;
    },
    staleTime: Infinity,
    retry: (failures, error) => isApiError(error, 0) && failures < 2,
  });
  const title = form.data?.title;
  useEffect(() => {
    if (title !== undefined && title !== "") document.title = title;
  }, [title]);

  if (sent !== null) {
    return (
      <FormFrame form={form.data}>
        <Outcome icon={<CheckCircle2 size={28} strokeWidth={1.5} className="text-ok" />} title={t("humanInput.sent")} text={t("humanInput.sentText", { action: sent })} />
      </FormFrame>
    );
  }
  if (form.data !== undefined) {
    return (
      <FormFrame form={form.data}>
        <FormQuestions client={client} form={form.data} onSent={setSent} onOver={() => void form.refetch()} over={form.error} />
      </FormFrame>
    );
  }
  return (
    <FormFrame form={undefined}>
      {form.error === null ? (
        <Loading />
      ) : (
        <Closed error={form.error} errorText={errorText(form.error)} onRetry={() => void form.refetch()} />
      )}
    </FormFrame>
  );
}

function FormFrame({ form, children }: { form: HumanForm | undefined; children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col bg-bg">
      <header className="flex h-11 shrink-0 items-center gap-2.5 border-b border-line bg-surface px-3">
        {form !== undefined && (
          <>
            <AppIcon size="small" name={form.site.title} icon={form.site.icon} background={form.site.icon_background} />
            <span className="min-w-0 truncate font-medium">{form.site.title}</span>
          </>
        )}
        <span className="ml-auto">
          <PreferencesMenu />
        </span>
      </header>
      <main className="mx-auto w-full max-w-160 flex-1 px-4 py-6 sm:px-6 sm:py-10">{children}</main>
    </div>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-4" aria-busy aria-label={t("common.loading")}>
      <Skeleton className="h-7 w-48" />
      <Skeleton className="h-4 w-full" />
      <Skeleton className="h-4 w-2/3" />
      <Skeleton className="h-24 w-full" />
    </div>
  );
}
