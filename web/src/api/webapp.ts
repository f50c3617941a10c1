import { ApiError, fetchOk, isApiError, jsonOf, withQuery } from "./http";
import { readFrames, type Frame } from "./sse";
import { sendFile } from "./upload";
import type {
  ChatRequest,
  Conversation,
  CursorPage,
  GenerationRequest,
  Message,
  Parameters,
  Rating,
  SavedMessage,
  SiteInfo,
  UploadedFile,
} from "./webapp-types";

export type GenerationKind = "chat" | "completion" | "workflow";

const STREAM_PATHS: Record<GenerationKind, string> = {
  chat: "/api/chat-messages",
  completion: "/api/completion-messages",
  workflow: "/api/workflows/run",
};

const STOP_PATHS: Record<GenerationKind, string> = {
  chat: "/api/chat-messages",
  completion: "/api/completion-messages",
  workflow: "/api/workflows/tasks",
};

/** Where the passport of a page's calls comes from, and where it is kept meanwhile. */
export interface Passports {
  kept: () => string | null;
  keep: (token: string) => unknown;
  forget: () => unknown;
  fetch: () => Promise<string>;
}

/**
 * This browser's visitor; kept in localStorage, so that the browser finds its conversations again. `userId` is what the
 * page around this one calls the visitor: each has conversations of their own.
 */
export function visitorPassports(code: string, userId: string | null = null): Passports {
  const key = userId === null ? `treadle.passport.${code}` : `treadle.passport.${code}.${userId}`;
  return {
    kept: () => localStorage.getItem(key),
    keep: (token) => localStorage.setItem(key, token),
    forget: () => localStorage.removeItem(key),
    fetch: async () => {
      const response = await fetchOk(withQuery("/api/passport", { user_id: userId ?? undefined }), { headers: { "X-App-Code": code } });
      return (await jsonOf<{ access_token: string }>(response)).access_token;
    },
  };
}

/** The API of one app's page, as an end user (spec: service API, annex): an anonymous one unless `passports` says who. */
export class WebAppClient {
  private renewal: Promise<string> | null = null;
  private readonly passports: Passports;

  constructor(
    readonly code: string,
    passports?: Passports,
  ) {
    this.passports = passports ?? visitorPassports(code);
  }

  /** The kept passport, or a new one; concurrent callers share one request. */
  private passport(): Promise<string> {
    const kept = this.passports.kept();
    if (kept !== null) return Promise.resolve(kept);
    this.renewal ??= this.fetchPassport().finally(() => {
      this.renewal = null;
    });
    return this.renewal;
  }

  private async fetchPassport(): Promise<string> {
    const token = await this.passports.fetch();
    this.passports.keep(token);
    return token;
  }

  /** Runs `attempt` with a passport and, if that one is refused, once more with a fresh one. */
  private async authorized<T>(attempt: (token: string) => Promise<T>): Promise<T> {
    const token = await this.passport();
    try {
      return await attempt(token);
    } catch (error) {
      if (!isApiError(error, 401)) throw error;
      if (this.passports.kept() === token) this.passports.forget();
      return attempt(await this.passport());
    }
  }

  private fetch(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    return this.authorized((token) => {
      const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
      if (body !== undefined) headers["Content-Type"] = "application/json";
      const init: RequestInit = { method, headers };
      if (body !== undefined) init.body = JSON.stringify(body);
      if (signal) init.signal = signal;
      return fetchOk(path, init);
    });
  }

  private async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return jsonOf<T>(await this.fetch(method, path, body));
  }

  private async *frames(method: string, path: string, body: unknown, signal: AbortSignal): AsyncGenerator<Frame> {
    const response = await this.fetch(method, path, body, signal);
    if (response.body === null) throw new ApiError(0, "network", "");
    yield* readFrames(response.body);
  }

  site(): Promise<SiteInfo> {
    return this.json("GET", "/api/site");
  }

  parameters(): Promise<Parameters> {
    return this.json("GET", "/api/parameters");
  }

  /** Starts a generation and gives its frames. Errors before the stream are thrown as ApiError. */
  generate(kind: GenerationKind, request: ChatRequest | GenerationRequest, signal: AbortSignal): AsyncGenerator<Frame> {
    return this.frames("POST", STREAM_PATHS[kind], { ...request, response_mode: "streaming" }, signal);
  }

  moreLikeThis(messageId: string, signal: AbortSignal): AsyncGenerator<Frame> {
    const path = withQuery(`/api/messages/${messageId}/more-like-this`, { response_mode: "streaming" });
    return this.frames("GET", path, undefined, signal);
  }

  /** The frames of a running task after frame `after` (0: from the start), live until its end. 404 when it is over. */
  follow(taskId: string, after: string, signal: AbortSignal): AsyncGenerator<Frame> {
    return this.frames("GET", withQuery(`/api/tasks/${taskId}/events`, { after }), undefined, signal);
  }

  stop(kind: GenerationKind, taskId: string): Promise<unknown> {
    return this.json("POST", `${STOP_PATHS[kind]}/${taskId}/stop`, {});
  }

  conversations(query: { pinned: boolean; lastId?: string; limit?: number }): Promise<CursorPage<Conversation>> {
    const { pinned, lastId, limit = 50 } = query;
    return this.json("GET", withQuery("/api/conversations", { limit, pinned, last_id: lastId }));
  }

  renameConversation(id: string, name: string): Promise<Conversation> {
    return this.json("POST", `/api/conversations/${id}/name`, { name });
  }

  /** Asks the server's model for a title from the first exchange. */
  titleConversation(id: string): Promise<Conversation> {
    return this.json("POST", `/api/conversations/${id}/name`, { auto_generate: true });
  }

  pinConversation(id: string, pinned: boolean): Promise<unknown> {
    return this.json("PATCH", `/api/conversations/${id}/${pinned ? "pin" : "unpin"}`, {});
  }

  deleteConversation(id: string): Promise<unknown> {
    return this.json("DELETE", `/api/conversations/${id}`, {});
  }

  /** A page of messages older than `firstId`, oldest first. */
  messages(conversationId: string, firstId?: string): Promise<CursorPage<Message>> {
    return this.json("GET", withQuery("/api/messages", { conversation_id: conversationId, first_id: firstId, limit: 40 }));
  }

  rate(messageId: string, rating: Rating | null, content?: string): Promise<unknown> {
    return this.json("POST", `/api/messages/${messageId}/feedbacks`, { rating, content });
  }

  /** An answer as sound. */
  async speak(messageId: string, signal: AbortSignal): Promise<Blob> {
    return (await this.fetch("POST", "/api/text-to-audio", { message_id: messageId }, signal)).blob();
  }

  /** What a recording says. */
  async writeDown(recording: File): Promise<string> {
    const body = new FormData();
    body.append("file", recording);
    const answer = await this.authorized((token) => fetchOk("/api/audio-to-text", { method: "POST", headers: { Authorization: `Bearer ${token}` }, body }));
    return (await jsonOf<{ text: string }>(answer)).text;
  }

  async suggestedQuestions(messageId: string): Promise<string[]> {
    return (await this.json<{ data: string[] }>("GET", `/api/messages/${messageId}/suggested-questions`)).data;
  }

  savedMessages(lastId?: string): Promise<CursorPage<SavedMessage>> {
    return this.json("GET", withQuery("/api/saved-messages", { limit: 20, last_id: lastId }));
  }

  saveMessage(messageId: string): Promise<unknown> {
    return this.json("POST", "/api/saved-messages", { message_id: messageId });
  }

  unsaveMessage(messageId: string): Promise<unknown> {
    return this.json("DELETE", `/api/saved-messages/${messageId}`);
  }

  /** Uploads one file; `onProgress` gets the sent share, 0 to 1. */
  upload(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<UploadedFile> {
    return this.authorized((token) => sendFile("/api/files/upload", { Authorization: `Bearer ${token}` }, file, onProgress, signal));
  }
}
