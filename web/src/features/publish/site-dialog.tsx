import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { SendForm } from "@/features/apps/send-form";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Skeleton } from "@/ui/empty";
import { showToast } from "@/ui/toast";
import { changeSite, siteProblems, siteQuery, type SiteSettings } from "./site";
import { SiteFields } from "./site-fields";

interface SiteDialogProps {
  app: Schemas["AppDetail"];
  onClose: () => void;
}

const FORM = "site-settings";

/** What the published page of an app says and how it looks. Mounted means open. */
export default function SiteDialog({ app, onClose }: SiteDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const site = useQuery(siteQuery(app.id));
  if (site.data !== undefined) return <SiteForm app={app} site={site.data} onClose={onClose} />;
  return (
    <Dialog open onOpenChange={onClose} title={t("publishing.site.title")} size="medium">
      {site.error === null ? <Skeleton className="h-60 w-full" /> : <p role="alert" className="text-danger">{errorText(site.error)}</p>}
    </Dialog>
  );
}

function SiteForm({ app, site, onClose }: SiteDialogProps & { site: SiteSettings }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [value, setValue] = useState(site);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const problems = siteProblems(value);

  const undo = () => changeSite(queries, app.id, site).catch((failure: unknown) => showToast("danger", errorText(failure)));
  const send = async () => {
    setTried(true);
    if (busy || Object.keys(problems).length > 0) return;
    setBusy(true);
    setError(null);
    try {
      await changeSite(queries, app.id, value);
      showToast("ok", t("publishing.site.saved"), { label: t("apps.undo"), perform: undo });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("publishing.site.title")}
      description={t("publishing.site.hint")}
      size="medium"
      footer={
        <>
          {error !== null && (
            <p role="alert" className="me-auto self-center text-danger">
              {errorText(error)}
            </p>
          )}
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" form={FORM} variant="primary" busy={busy}>
            {t("publishing.site.save")}
          </Button>
        </>
      }
    >
      <SendForm id={FORM} onSend={() => void send()} className="flex flex-col gap-6">
        <SiteFields app={app} value={value} onChange={setValue} problems={tried ? problems : {}} />
      </SendForm>
    </Dialog>
  );
}
