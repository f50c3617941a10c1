import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Workflow } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useAccount } from "@/features/account/account-context";
import { mayEdit } from "@/features/account/roles";
import { PageBar } from "@/features/shell/page-bar";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Spinner } from "@/ui/spinner";
import { Tabs } from "@/ui/tabs";
import type { BaseView } from "./base-view";
import { Documents } from "./documents";
import { SearchTest } from "./trial/search-test";

const BaseSettings = lazy(() => import("./base-settings").then((module) => ({ default: module.BaseSettings })));
const ApiTab = lazy(() => import("./keys/api-tab").then((module) => ({ default: module.ApiTab })));
const EvaluationTab = lazy(() => import("./evaluation/evaluation").then((module) => ({ default: module.EvaluationTab })));

interface BasePageProps {
  baseId: string;
  editable: boolean;
  view: BaseView;
  /** `replace` for what somebody is still typing. */
  onView: (view: BaseView, replace?: boolean) => void;
}

/** One knowledge base: what is in it, and what it finds. */
export function BasePage({ baseId, editable, view, onView }: BasePageProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const navigate = useNavigate();
  const { role } = useAccount();
  const base = useQuery({
    queryKey: ["datasets", "one", baseId],
    queryFn: ({ signal }) => call(api.GET("/datasets/{dataset_id}", { params: { path: { dataset_id: baseId } }, signal })),
  });
  if (base.error !== null) return <p className="p-4 text-danger">{errorText(base.error)}</p>;
  if (base.data === undefined) return <p className="p-4">{<Spinner />}</p>;
  const indexed = base.data.provider === "vendor";
  const piped = base.data.runtime_mode === "rag_pipeline";
  const tabs = [
    ...(indexed ? [{ id: "documents" as const, label: t("knowledgeSetup.list.documents"), count: base.data.document_count }] : []),
    { id: "test" as const, label: t("knowledgeSetup.list.test") },
    ...(editable && indexed ? [{ id: "evaluate" as const, label: t("evaluation.tab") }] : []),
    ...(editable ? [{ id: "api" as const, label: t("knowledgeSetup.keysOf.tab") }, { id: "settings" as const, label: t("knowledgeSetup.settings.tab") }] : []),
  ];
  const tab = tabs.some((each) => each.id === view.tab) ? view.tab : "test";
  return (
    <>
      <PageBar
        title={base.data.name}
        crumbs={[{ id: "knowledge", content: t("knowledge.title") }]}
        actions={
          editable && indexed ? (
            <>
              {piped && mayEdit(role) && (
                <Button icon={<Workflow size={16} strokeWidth={1.5} />} onClick={() => void navigate({ to: "/datasets/$baseId/pipeline", params: { baseId } })}>
                  <span className="max-sm:sr-only">{t("pipelines.title")}</span>
                </Button>
              )}
              <Button variant="primary" onClick={() => void navigate({ to: piped ? "/datasets/$baseId/run" : "/datasets/$baseId/add", params: { baseId } })}>
                {t("knowledgeSetup.addTo")}
              </Button>
            </>
          ) : undefined
        }
      />
      <div className="mx-auto w-full max-w-300 p-4">
        <Tabs
          label={base.data.name}
          value={tab}
          onChange={(next) => onView({ ...view, tab: next })}
          tabs={tabs}
        >
          {tab === "documents" && <Documents base={base.data} editable={editable} view={view} onView={(next, replace) => onView({ ...view, ...next }, replace)} />}
          {tab === "test" && <SearchTest key={baseId} base={base.data} />}
          {tab === "settings" && (
            <Suspense fallback={<Spinner />}>
              <BaseSettings base={base.data} />
            </Suspense>
          )}
          {tab === "api" && (
            <Suspense fallback={<Spinner />}>
              <ApiTab base={base.data} />
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
