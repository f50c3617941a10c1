import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { PageBar } from "@/features/shell/page-bar";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Spinner } from "@/ui/spinner";
import { Tabs } from "@/ui/tabs";
import { Documents } from "./documents";
import { SearchTest } from "./search-test";

const BaseSettings = lazy(() => import("./base-settings").then((module) => ({ default: module.BaseSettings })));
const EvaluationTab = lazy(() => import("./evaluation/evaluation").then((module) => ({ default: module.EvaluationTab })));

/** One knowledge base: what is in it, and what it finds. */
export function BasePage({ baseId, editable }: { baseId: string; editable: boolean }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const navigate = useNavigate();
  const [tab, setTab] = useState<"documents" | "test" | "evaluate" | "settings">("documents");
  const base = useQuery({
    queryKey: ["datasets", "one", baseId],
    queryFn: ({ signal }) => call(api.GET("/datasets/{dataset_id}", { params: { path: { dataset_id: baseId } }, signal })),
  });
  if (base.error !== null) return <p className="p-4 text-danger">{errorText(base.error)}</p>;
  if (base.data === undefined) return <p className="p-4">{<Spinner />}</p>;
  return (
    <>
      <PageBar
        title={base.data.name}
        crumbs={[{ id: "knowledge", content: t("knowledge.title") }]}
        actions={
          editable && base.data.provider === "vendor" ? (
            <Button variant="primary" onClick={() => void navigate({ to: "/datasets/$baseId/add", params: { baseId } })}>
              {t("knowledgeSetup.addTo")}
            </Button>
          ) : undefined
        }
      />
      <div className="mx-auto w-full max-w-300 p-4">
        <Tabs
          label={base.data.name}
          value={tab}
          onChange={setTab}
          tabs={[
            { id: "documents", label: t("knowledge.documents"), count: base.data.document_count },
            { id: "test", label: t("knowledge.test") },
            ...(editable && base.data.provider === "vendor" ? [{ id: "evaluate" as const, label: t("evaluation.tab") }] : []),
            ...(editable ? [{ id: "settings" as const, label: t("knowledgeSetup.settings.tab") }] : []),
          ]}
        >
          {tab === "documents" && <Documents base={base.data} editable={editable} />}
          {tab === "test" && <SearchTest baseId={baseId} economy={base.data.indexing_technique === "economy"} />}
          {tab === "settings" && (
            <Suspense fallback={<Spinner />}>
              <BaseSettings base={base.data} />
            </Suspense>
          )}
          {tab === "evaluate" && (
            <Suspense fallback={<Spinner />}>
              <EvaluationTab base={base.data} />
            </Suspense>
          )}
        </Tabs>
      </div>
    </>
  );
}
