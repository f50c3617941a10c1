import { useTranslation } from "react-i18next";
import { PageBar } from "@/features/shell/page-bar";
import { ApiAddress } from "./api-address";
import { Keys } from "./keys";

/** The keys with which programs reach the knowledge bases of the workspace. */
export function KeysPage() {
  const { t } = useTranslation();
  return (
    <>
      <PageBar title={t("knowledgeSetup.keysOf.title")} crumbs={[{ id: "knowledge", content: t("knowledge.title") }]} />
      <div className="mx-auto flex w-full max-w-180 flex-col gap-6 p-4">
        <p className="text-muted">{t("knowledgeSetup.keysOf.text")}</p>
        <ApiAddress />
        <Keys />
      </div>
    </>
  );
}
