import { useQuery } from "@tanstack/react-query";
import { Plus, SearchX, Wrench } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAccount } from "@/features/account/account-context";
import { mayAdminister } from "@/features/account/roles";
import { useText } from "@/features/schema-form/i18n-text";
import { PageBar } from "@/features/shell/page-bar";
import { useErrorText } from "@/i18n/errors";
import { Button } from "@/ui/button";
import { Empty, Skeleton } from "@/ui/empty";
import { TextInput } from "@/ui/field";
import { Tabs } from "@/ui/tabs";
import { findProviders } from "./find-providers";
import { LabelChoice } from "./label-choice";
import { ProviderCard } from "./provider-card";
import { ProviderDrawer } from "./provider-drawer";
import { KINDS, providersQuery, type ToolKind } from "./tools-query";

const ApiDialog = lazy(() => import("./api/api-dialog"));
const McpDialog = lazy(() => import("./mcp-dialog"));

/** What the page shows; all of it is in the address. */
export interface ToolsView {
  kind: ToolKind;
  query: string;
  labels: readonly string[];
  /** The id of the provider that is open. */
  open: string | undefined;
}

interface ToolsPageProps {
  view: ToolsView;
  /** `replace` for what somebody is still typing. */
  onView: (view: ToolsView, replace?: boolean) => void;
}

/** The tools of the workspace by who provides them: to find, to look at, to set up. */
export function ToolsPage({ view, onView }: ToolsPageProps) {
  const { t } = useTranslation();
  const administers = mayAdminister(useAccount().role);
  const [adding, setAdding] = useState(false);
  const addable = administers && (view.kind === "api" || view.kind === "mcp");
  const added = (id: string) => {
    setAdding(false);
    onView({ ...view, open: id });
  };
  const add = addable && (
    <Button variant="primary" size="small" icon={<Plus size={14} strokeWidth={2} />} onClick={() => setAdding(true)}>
      {t(view.kind === "api" ? "tools.addApi" : "tools.addMcp")}
    </Button>
  );
  return (
    <div className="mx-auto flex w-full max-w-300 flex-1 flex-col p-4 md:p-6">
      <PageBar title={t("tools.title")} actions={add || undefined} />
      <Tabs
        label={t("tools.title")}
        tabs={KINDS.map((kind) => ({ id: kind, label: t(`tools.kinds.${kind}`) }))}
        value={view.kind}
        onChange={(kind) => onView({ ...view, kind, open: undefined })}
        className="flex-1"
      >
        <Providers view={view} onView={onView} administers={administers} add={add} />
      </Tabs>
      <Suspense>
        {adding && view.kind === "api" && <ApiDialog onClose={() => setAdding(false)} onSaved={added} />}
        {adding && view.kind === "mcp" && <McpDialog onClose={() => setAdding(false)} onSaved={added} />}
      </Suspense>
    </div>
  );
}

interface ProvidersProps extends ToolsPageProps {
  administers: boolean;
  /** The button that adds one, where there is such a button. */
  add: React.ReactNode;
}

function Providers({ view, onView, administers, add }: ProvidersProps) {
  const { t } = useTranslation();
  const text = useText();
  const errorText = useErrorText();
  const { data, error, refetch } = useQuery(providersQuery(view.kind));
  const found = findProviders(data ?? [], view.query, view.labels, text);
  const open = data?.find((provider) => provider.id === view.open);
  const sorted = view.kind !== "mcp";
  return (
    <div className="flex flex-col gap-4 pt-4">
      <div className="flex flex-wrap items-center gap-2">
        <TextInput
          type="search"
          className="max-w-80"
          aria-label={t("tools.search")}
          placeholder={t("tools.search")}
          value={view.query}
          onChange={(event) => onView({ ...view, query: event.target.value }, true)}
        />
        {sorted && <LabelChoice chosen={view.labels} onChange={(labels) => onView({ ...view, labels })} />}
      </div>
      {error !== null && data === undefined && (
        <div role="alert" className="flex items-center gap-3 text-danger">
          {errorText(error)}
          <Button onClick={() => void refetch()}>{t("common.retry")}</Button>
        </div>
      )}
      {data === undefined && error === null && (
        <div className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3" aria-busy aria-label={t("common.loading")}>
          {[1, 2, 3, 4, 5, 6].map((n) => (
            <Skeleton key={n} className="h-32" />
          ))}
        </div>
      )}
      {data?.length === 0 && (
        <Empty icon={<Wrench size={28} strokeWidth={1.5} />} title={t(`tools.none.${view.kind}`)} text={t(`tools.noneText.${view.kind}`)} action={add || undefined} />
      )}
      {data !== undefined && data.length > 0 && found.length === 0 && <Empty icon={<SearchX size={28} strokeWidth={1.5} />} title={t("common.nothingFound")} />}
      <ul aria-label={t(`tools.kinds.${view.kind}`)} className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
        {found.map((provider) => (
          <li key={provider.id} className="min-w-0">
            <ProviderCard provider={provider} onOpen={() => onView({ ...view, open: provider.id })} />
          </li>
        ))}
      </ul>
      {open !== undefined && <ProviderDrawer provider={open} administers={administers} onClose={() => onView({ ...view, open: undefined })} />}
    </div>
  );
}
