import { CheckCircle2, CloudOff, Hourglass, SearchX } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { isApiError } from "@/api/http";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";

/** Why a form cannot be answered. */
export function Closed({ error, errorText, onRetry }: { error: unknown; errorText: string; onRetry: () => void }) {
  const { t } = useTranslation();
  if (isApiError(error, 404)) {
    return <Outcome icon={<SearchX size={28} strokeWidth={1.5} />} title={t("humanInput.notFound")} text={t("humanInput.notFoundText")} />;
  }
  if (isApiError(error, 412)) {
    const submitted = error.code === "human_input_form_submitted";
    return (
      <Outcome
        icon={submitted ? <CheckCircle2 size={28} strokeWidth={1.5} /> : <Hourglass size={28} strokeWidth={1.5} />}
        title={submitted ? t("humanInput.submitted") : t("humanInput.expired")}
        text={submitted ? t("humanInput.submittedText") : t("humanInput.expiredText")}
      />
    );
  }
  return (
    <Outcome
      icon={<CloudOff size={28} strokeWidth={1.5} />}
      title={t("humanInput.cannotLoad")}
      text={errorText}
      action={<Button onClick={onRetry}>{t("common.retry")}</Button>}
    />
  );
}

/** How it ended; read out, and where the keyboard goes on from. */
export function Outcome(props: { icon: ReactNode; title: string; text: string; action?: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <div ref={place} role="status" tabIndex={-1} className="outline-none">
      <Empty {...props} />
    </div>
  );
}
