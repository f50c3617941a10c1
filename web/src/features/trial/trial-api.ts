import { api, call, csrfToken } from "@/api/client";
import { fetchOk, jsonOf } from "@/api/http";
import type { Rating } from "@/api/webapp-types";

function write(path: string, body: BodyInit, type?: string, signal?: AbortSignal): Promise<Response> {
  const headers = { "X-CSRF-Token": csrfToken(), ...(type === undefined ? {} : { "Content-Type": type }) };
  return fetchOk(`/console/api${path}`, { method: "POST", body, headers, ...(signal === undefined ? {} : { signal }) });
}

/** What can be done with the answers of a draft. */
export function trialApi(appId: string) {
  return {
    rate: (messageId: string, rating: Rating | null, reason?: string) =>
      call(api.POST("/apps/{app_id}/feedbacks", { params: { path: { app_id: appId } }, body: { message_id: messageId, rating, content: reason ?? null } })),
    /** An answer as sound, in a voice that need not be saved. */
    speak: async (messageId: string, voice: string, signal: AbortSignal) => {
      const body = JSON.stringify({ message_id: messageId, voice });
      return (await write(`/apps/${appId}/text-to-audio`, body, "application/json", signal)).blob();
    },
    writeDown: async (recording: File) => {
      const body = new FormData();
      body.append("file", recording);
      return (await jsonOf<{ text: string }>(await write(`/apps/${appId}/audio-to-text`, body))).text;
    },
    followUps: async (messageId: string, signal: AbortSignal) => {
      const path = { app_id: appId, message_id: messageId };
      return (await call(api.GET("/apps/{app_id}/chat-messages/{message_id}/suggested-questions", { params: { path }, signal }))).data;
    },
  };
}
