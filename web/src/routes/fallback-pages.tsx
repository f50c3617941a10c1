import { Link, useRouter } from "@tanstack/react-router";
import { CloudOff, SearchX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button, buttonClass } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Spinner } from "@/ui/spinner";

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <main className="flex min-h-dvh items-center justify-center bg-bg">
      <Empty
        icon={<SearchX size={28} strokeWidth={1.5} />}
        title={t("common.notFound")}
        text={t("common.notFoundText")}
        action={
          <Link to="/" className={buttonClass("plain")}>
            {t("common.home")}
          </Link>
        }
      />
    </main>
  );
}

export function FailedPage({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const router = useRouter();
  return (
    <main className="flex min-h-dvh items-center justify-center bg-bg">
      <Empty
        icon={<CloudOff size={28} strokeWidth={1.5} />}
        title={t("common.failed")}
        text={errorText(error)}
        action={<Button onClick={() => void router.invalidate()}>{t("common.retry")}</Button>}
      />
    </main>
  );
}

export function PendingPage() {
  const { t } = useTranslation();
  return (
    <main className="flex min-h-dvh items-center justify-center bg-bg text-muted" aria-busy aria-label={t("common.loading")}>
      <Spinner />
    </main>
  );
}
