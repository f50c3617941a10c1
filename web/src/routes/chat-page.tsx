import { getRouteApi } from "@tanstack/react-router";
import { useCallback, type ComponentType } from "react";
import { ChatPage } from "@/features/chat/chat-page";
import { EmbeddedPage } from "@/features/chat/embedded-page";
import type { ChatPageProps } from "@/features/chat/use-visit";
import { WebAppGate } from "@/features/webapp/webapp-gate";

export const ChatRoute = chatRoute("/chat/$code", ChatPage);
export const EmbeddedChatRoute = chatRoute("/chatbot/$code", EmbeddedPage);

/** A page of a published chat: the address names the app and its open conversation. */
function chatRoute(id: "/chat/$code" | "/chatbot/$code", Page: ComponentType<ChatPageProps>) {
  const route = getRouteApi(id);
  return function Route() {
    const { code } = route.useParams();
    const { conversation } = route.useSearch();
    const visitor = route.useLoaderData();
    const navigate = route.useNavigate();
    const onOpen = useCallback(
      (conversationId: string | null, replace = false) => {
        void navigate({ search: (search) => ({ ...search, conversation: conversationId ?? undefined }), replace });
      },
      [navigate],
    );
    return (
      <WebAppGate key={code} code={code} visitor={visitor}>
        <Page conversationId={conversation ?? null} onOpen={onOpen} />
      </WebAppGate>
    );
  };
}
