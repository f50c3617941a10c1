import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";

interface Exported {
  id: string;
  name: string;
}

/** The names of the secrets in an app's environment. Raises ApiError. */
export async function secretsOf(appId: string): Promise<string[]> {
  const { items } = await call(api.GET("/apps/{app_id}/workflows/draft/environment-variables", { params: { path: { app_id: appId } } }));
  return items.filter((variable) => variable.value_type === "secret").map((variable) => variable.name);
}

/** Saves an app's file on this machine. Raises ApiError. */
export async function saveAppFile(app: Exported, withSecrets: boolean): Promise<void> {
  const { data } = await call(
    api.GET("/apps/{app_id}/export", { params: { path: { app_id: app.id }, query: { include_secret: withSecrets } } }),
  );
  const url = URL.createObjectURL(new Blob([data], { type: "application/yaml" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${fileName(app.name)}.yml`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 0);
}

/** A name that every file system takes. */
export function fileName(name: string): string {
  const kept = name.replace(/[\p{Cc}\\/:*?"<>|]+/gu, " ").replace(/\s+/g, " ").replace(/^[. ]+|[. ]+$/g, "");
  return kept.slice(0, 100) || "app";
}

interface SecretsDialogProps {
  app: Exported;
  /** Names of secrets that the file may hold. */
  secrets: readonly string[];
  onClose: () => void;
}

/** Asks whether the values of secrets go into the file. Mounted means open. */
export function SecretsDialog({ app, secrets, onClose }: SecretsDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [busy, setBusy] = useState<"with" | "without" | null>(null);
  const [error, setError] = useState<unknown>(null);
  const save = async (how: "with" | "without") => {
    setBusy(how);
    setError(null);
    try {
      await saveAppFile(app, how === "with");
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(null);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("apps.export.title", { name: app.name })}
      description={t("apps.export.text", { count: secrets.length })}
      footer={
        <>
          <Button variant="danger" busy={busy === "with"} disabled={busy !== null} onClick={() => void save("with")}>
            {t("apps.export.with")}
          </Button>
          <Button variant="primary" busy={busy === "without"} disabled={busy !== null} onClick={() => void save("without")}>
            {t("apps.export.without")}
          </Button>
        </>
      }
    >
      <ul className="max-h-60 overflow-y-auto rounded-control border border-line bg-sunken px-3 py-2 font-mono text-12">
        {secrets.map((name) => (
          <li key={name} className="truncate py-0.5">
            {name}
          </li>
        ))}
      </ul>
      {error !== null && (
        <p role="alert" className="mt-3 text-danger">
          {errorText(error)}
        </p>
      )}
    </Dialog>
  );
}
