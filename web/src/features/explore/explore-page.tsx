import { useTranslation } from "react-i18next";
import { useAccount } from "@/features/account/account-context";
import { mayEdit } from "@/features/account/roles";
import { PageBar } from "@/features/shell/page-bar";
import { Catalogue, type CatalogueView } from "./catalogue";
import { ExploreFrame } from "./explore-frame";

interface ExplorePageProps {
  view: CatalogueView;
  onView: (view: CatalogueView) => void;
}

/** Apps to begin with, beside those that can be used. */
export function ExplorePage({ view, onView }: ExplorePageProps) {
  const { t } = useTranslation();
  const { role } = useAccount();
  return (
    <ExploreFrame>
      <PageBar title={t("shell.explore")} />
      <div className="min-w-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex max-w-280 flex-col gap-6 p-4 md:p-6">
          <header>
            <h2 className="text-20 font-semibold tracking-[-0.01em]">{t("explore.heading")}</h2>
            <p className="mt-1 max-w-150 text-14 text-muted">{t("explore.text")}</p>
          </header>
          <Catalogue view={view} onView={onView} mayAdd={mayEdit(role)} />
        </div>
      </div>
    </ExploreFrame>
  );
}
