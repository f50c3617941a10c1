import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { ChatPage } from "@/features/chat/chat-page";
import { WebAppGate } from "@/features/webapp/webapp-gate";

const route = getRouteApi("/chat/$code");

export function ChatRoute() {
  const { code } = route.useParams();
  const { conversation } = route.useSearch();
  const navigate = route.useNavigate();
  const onOpen = useCallback(
    (id: string | null, replace = false) => {
      void navigate({ search: (search) => ({ ...search, conversation: id ?? undefined }), replace });
    },
    [navigate],
  );
  return (
    <WebAppGate key={code} code={code}>
      <ChatPage conversationId={conversation ?? null} onOpen={onOpen} />
    </WebAppGate>
  );
}
