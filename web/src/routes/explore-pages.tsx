import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useCallback } from "react";
import { ExplorePage } from "@/features/explore/explore-page";
import { InstalledPage } from "@/features/explore/installed-page";
import { withTexts } from "@/i18n/i18n";
import { Skeleton } from "@/ui/empty";

const ChatPage = lazy(() => import("@/features/chat/chat-page").then((module) => ({ default: module.ChatPage })));
const GenerationPage = lazy(async () => ({ default: (await withTexts("generate", import("@/features/text-generation/generation-page"))).GenerationPage }));

const catalogue = getRouteApi("/console/explore/apps");
const installed = getRouteApi("/console/explore/installed/$appId");

export function CatalogueRoute() {
  const { category, mode, keywords } = catalogue.useSearch();
  const navigate = catalogue.useNavigate();
  return (
    <ExplorePage
      view={{ category, mode, query: keywords ?? "" }}
      onView={(view) =>
        void navigate({ search: { category: view.category, mode: view.mode, keywords: view.query || undefined }, replace: view.query !== (keywords ?? "") })
      }
    />
  );
}

export function InstalledRoute() {
  const { appId } = installed.useParams();
  const { conversation, mode } = installed.useSearch();
  const navigate = installed.useNavigate();
  const onOpen = useCallback(
    (id: string | null, replace = false) => {
      void navigate({ search: (search) => ({ ...search, conversation: id ?? undefined }), replace });
    },
    [navigate],
  );
  return (
    <InstalledPage appId={appId}>
      {(app) => (
        <Suspense fallback={<Skeleton className="m-6 h-8 w-60" />}>
          {app.mode === "completion" || app.mode === "workflow" ? (
            <GenerationPage
              kind={app.mode}
              tab={mode ?? "once"}
              onTab={(tab) => void navigate({ search: (search) => ({ ...search, mode: tab === "once" ? undefined : tab }) })}
            />
          ) : (
            <ChatPage conversationId={conversation ?? null} onOpen={onOpen} />
          )}
        </Suspense>
      )}
    </InstalledPage>
  );
}
