import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Catalogue, type CatalogueView } from "@/features/explore/catalogue";
import { Dialog } from "@/ui/dialog";

/** The catalogue in place, to begin with one of its apps. Mounted means open. */
export function TemplateDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [view, setView] = useState<CatalogueView>({ category: undefined, mode: undefined, query: "" });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("apps.template.title")} description={t("apps.template.text")} size="large">
      <div className="min-h-80">
        <Catalogue view={view} onView={setView} mayAdd autoFocus />
      </div>
    </Dialog>
  );
}
