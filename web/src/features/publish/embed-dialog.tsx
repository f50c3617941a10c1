import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "@/i18n/errors";
import { CopyButton } from "@/ui/copy-button";
import { Dialog } from "@/ui/dialog";
import { Skeleton } from "@/ui/empty";
import { Tabs } from "@/ui/tabs";
import { siteQuery } from "./site";
import { snippet, type Way } from "./snippets";

interface EmbedDialogProps {
  appId: string;
  onClose: () => void;
}

const WAYS: readonly Way[] = ["frame", "bubble", "strict", "address"];

/** What to put into another web site so that it shows the chat. Mounted means open. */
export default function EmbedDialog({ appId, onClose }: EmbedDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [way, setWay] = useState<Way>("frame");
  const { data: site, error } = useQuery(siteQuery(appId));
  const text = site?.embed_url == null ? "" : snippet(way, site.code, site.embed_url);
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("publishing.embed.title")} size="medium">
      {error !== null && (
        <p role="alert" className="text-danger">
          {errorText(error)}
        </p>
      )}
      {site === undefined ? (
        error === null && <Skeleton className="h-60 w-full" />
      ) : (
        <Tabs label={t("publishing.embed.title")} tabs={WAYS.map((id) => ({ id, label: t(`publishing.embed.ways.${id}`) }))} value={way} onChange={setWay}>
          <div className="flex flex-col gap-3 pt-4">
            {site.embed_origins.length === 0 && <p className="rounded-control bg-warn-soft px-3 py-2 text-warn">{t("publishing.embed.nobody")}</p>}
            <p className="text-muted">{t(`publishing.embed.hints.${way}`)}</p>
            <div className="relative">
              <pre tabIndex={0} aria-label={t("publishing.embed.code")} className="max-h-90 overflow-auto rounded-control bg-sunken p-3 pe-12 font-mono text-12">
                {text}
              </pre>
              <span className="absolute top-1 right-1 rounded-control bg-sunken">
                <CopyButton text={text} />
              </span>
            </div>
          </div>
        </Tabs>
      )}
    </Dialog>
  );
}
