import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { Button } from "./button";

interface LoadFailedProps {
  error: unknown;
  onRetry: () => unknown;
}

/** In the place of what could not be read: why, and the way to try again. */
export function LoadFailed({ error, onRetry }: LoadFailedProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 text-danger">
      {errorText(error)}
      <Button onClick={() => void onRetry()}>{t("common.retry")}</Button>
    </div>
  );
}
