import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, call } from "@/api/client";
import { useErrorText } from "@/i18n/errors";
import { Spinner } from "@/ui/spinner";
import type { Chosen, NotionPage } from "./chosen";
import { PickList } from "./pick-list";

interface Workspace {
  workspace_id: string;
  workspace_name: string;
  pages: (Omit<NotionPage, "workspace_id"> & { is_bound: boolean })[];
}

/** Pages of the connected Notion workspaces. What is in the base and is not picked any more leaves it. */
export function NotionSource({ baseId, chosen, onChoose }: { baseId: string | null; chosen: Chosen | null; onChoose: (chosen: Chosen) => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const found = useQuery({
    queryKey: ["data-sources", "notion-pages", baseId],
    queryFn: async ({ signal }) =>
      (await call(api.GET("/notion/pre-import/pages", { params: { query: baseId === null ? {} : { dataset_id: baseId } }, signal }))).notion_info as unknown as Workspace[],
  });
  if (found.error !== null) return <p className="text-danger">{errorText(found.error)}</p>;
  if (found.data === undefined) return <Spinner />;
  if (found.data.length === 0) {
    return (
      <p className="text-danger">
        {t("knowledgeSetup.notion.none")}{" "}
        <a className="underline" href="/settings/data-sources">
          {t("knowledgeSetup.notion.connect")}
        </a>
      </p>
    );
  }
  const pages = found.data.flatMap(({ workspace_id, pages: listed }) => listed.map((page) => ({ ...page, workspace_id })));
  const bound = pages.filter((page) => page.is_bound).map((page) => page.page_id);
  const picked = chosen?.type === "notion_import" ? chosen.items.map((item) => item.id) : bound;
  const pick = (ids: readonly string[]) => {
    const wanted = pages.filter((page) => ids.includes(page.page_id));
    onChoose({ type: "notion_import", items: wanted.map((page) => ({ id: page.page_id, name: page.page_name })), pages: wanted });
  };
  return (
    <div className="flex flex-col gap-4">
      {bound.length > 0 && <p className="text-muted">{t("knowledgeSetup.notion.bound")}</p>}
      {found.data.map((workspace) => (
        <PickList
          key={workspace.workspace_id}
          label={workspace.workspace_name}
          items={workspace.pages.map((page) => ({ id: page.page_id, name: page.page_name }))}
          picked={picked.filter((id) => workspace.pages.some((page) => page.page_id === id))}
          onPick={(ids) => pick([...picked.filter((id) => !workspace.pages.some((page) => page.page_id === id)), ...ids])}
        />
      ))}
    </div>
  );
}
