import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { buttonClass } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { CodeBlock } from "@/ui/markdown/code-block";
import { ownPages } from "./snippets";

interface CustomizeDialogProps {
  appId: string;
  /** The published page. */
  url: string;
  onClose: () => void;
}

/** Two ways to a front end of one's own: change these pages, or write others against the API. Mounted means open. */
export default function CustomizeDialog({ appId, url, onClose }: CustomizeDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("publishing.customize.title")} size="medium">
      <div className="flex flex-col gap-6">
        <section className="flex flex-col gap-2">
          <h3 className="font-medium">{t("publishing.customize.changeTitle")}</h3>
          <p className="text-muted">{t("publishing.customize.changeText")}</p>
          <CodeBlock language="sh" code={ownPages(url)} />
          <p className="text-muted">{t("publishing.customize.changeOpen", { path: new URL(url).pathname })}</p>
        </section>
        <section className="flex flex-col gap-2">
          <h3 className="font-medium">{t("publishing.customize.writeTitle")}</h3>
          <p className="text-muted">{t("publishing.customize.writeText")}</p>
          <Link to="/app/$appId/develop" params={{ appId }} className={buttonClass("plain", "small", "self-start")}>
            {t("publish.reference")}
          </Link>
        </section>
      </div>
    </Dialog>
  );
}
